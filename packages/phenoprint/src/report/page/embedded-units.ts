import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { principalComponents } from '../../embedding/principal-components.js'
import { readEmbeddings } from '../../embedding/read-embeddings.js'
import { EarlierRunError } from '../../errors.js'
import { matrix, row } from '../../evaluation/matrix.js'
import type { ReportedRun } from './reported-run.js'

/** A unit and its place among the embeddings. */
export interface EmbeddedUnit {
  readonly unit: string
  readonly cellType: string
  readonly experiment: string
  /** A class, or what control it is; `unknown` without a label. */
  readonly class: string
  /** Scores of the first and the second principal component. */
  readonly x: number
  readonly y: number
}

/** Embeddings of a run of embed, in two dimensions. */
export interface EmbeddedUnits {
  readonly folder: string
  readonly synthetic: boolean
  /** Of the run; those below are evenly spaced among them. */
  readonly all: number
  readonly units: readonly EmbeddedUnit[]
  /** Of the variance of the units below, 0 to 1. */
  readonly shares: readonly number[]
}

const figuresSchema = z.object({ synthetic: z.boolean() })

/**
 * The principal components of a run of embed, of so many of its units; null for runs of other verbs.
 *
 * @throws {EarlierRunError} when `metrics.json` is missing or broken.
 * @throws {PredictionError} when the embeddings are.
 */
export async function embeddedUnits(
  { folder, verb }: ReportedRun,
  most: number,
): Promise<EmbeddedUnits | null> {
  if (verb !== 'embed') return null
  const { units, embeddings, metadata } = await readEmbeddings(join(folder, 'embeddings.parquet'))
  const step = Math.max(1, units.length / most)
  const count = Math.min(units.length, most)
  const chosen = Array.from({ length: count }, (_, i) => Math.floor(i * step))
  const data = new Float32Array(count * embeddings.columns)
  chosen.forEach((at, i) => {
    data.set(row(embeddings, at), i * embeddings.columns)
  })
  const { scores, shares } = principalComponents(matrix(data, count, embeddings.columns), 2)
  const textOf = (column: string, at: number) => metadata.get(column)?.[at] ?? ''
  return {
    folder,
    synthetic: isSynthetic(join(folder, 'metrics.json')),
    all: units.length,
    units: chosen.map((at, i) => ({
      unit: units[at] ?? '',
      cellType: textOf('cell_type', at),
      experiment: textOf('experiment', at),
      class: classOf(textOf('role', at), textOf('label', at)),
      x: scores.data[2 * i] ?? 0,
      y: scores.data[2 * i + 1] ?? 0,
    })),
    shares,
  }
}

function classOf(role: string, label: string): string {
  if (role === 'negativeControl') return 'negative control'
  if (role === 'positiveControl') return 'positive control'
  return label === '' ? 'unknown' : `class ${label}`
}

function isSynthetic(path: string): boolean {
  try {
    return figuresSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).synthetic
  } catch (cause) {
    throw new EarlierRunError(
      `report: ${path} is missing or broken, expected the figures of embed. Run phenoprint embed again in another folder, or leave this run out.`,
      { cause },
    )
  }
}
