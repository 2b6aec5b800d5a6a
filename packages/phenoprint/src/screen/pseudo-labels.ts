import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { EarlierRunError } from '../errors.js'
import { readCsvTable } from './csv-table.js'
import type { Screen } from './screen.js'

/** The table and the provenance that `pseudo-label` leaves in its run directory. */
export const pseudoLabelTable = 'pseudo-labels.csv'
export const pseudoLabelOrigin = 'pseudo-labels.json'

export const pseudoLabelColumns = [
  'unit',
  'code',
  'experiment',
  'plate',
  'well',
  'cellType',
  'label',
  'labelName',
  'confidence',
  'agreement',
  'round',
] as const

/** A label that was predicted. */
export interface PseudoLabel {
  /** Unit id. */
  readonly unit: string
  readonly label: number
  readonly confidence: number
  /** Share of the runs that called the unit so. */
  readonly agreement: number
  /** In which round it was chosen, from 1. */
  readonly round: number
}

const originSchema = z.object({
  version: z.literal(1),
  screen: z.string(),
  /** The last one, from 1. */
  round: z.int().positive(),
  /** SHA-256 of the table. */
  table: z.string(),
  /** What chose the labels of each round. */
  rounds: z.array(
    z.object({
      round: z.int().positive(),
      /** Runs of predictions. */
      from: z.array(z.string()),
      /** The trainings behind them, and behind the labels that those took. */
      models: z.array(
        z.object({
          run: z.string(),
          verb: z.string(),
          seed: z.number(),
          data: z.string().nullable(),
        }),
      ),
      rule: z.string(),
      chosen: z.record(z.string(), z.int().nonnegative()),
    }),
  ),
  /** Ids of plates whose labels any of this rests on. */
  learnedFrom: z.array(z.string()),
})

/** Where predicted labels come from: `pseudo-labels.json`. */
export type PseudoLabelOrigin = z.output<typeof originSchema>

/**
 * The labels of a finished run of pseudo-label, and where they come from.
 *
 * @throws {EarlierRunError} when they are missing or were changed.
 */
export async function readPseudoLabels(
  folder: string,
): Promise<{ readonly labels: readonly PseudoLabel[]; readonly origin: PseudoLabelOrigin }> {
  const path = join(folder, pseudoLabelTable)
  const origin = readPseudoLabelOrigin(join(folder, pseudoLabelOrigin))
  if (sha256(path) !== origin.table) {
    throw new EarlierRunError(
      `pseudo-labels: ${path} is not the table that ${pseudoLabelOrigin} beside it speaks of: it was changed. Run phenoprint pseudo-label again in another folder.`,
    )
  }
  const table = await readCsvTable(path, 'predicted labels')
  const columns = Object.fromEntries(pseudoLabelColumns.map((name) => [name, table.column(name)]))
  const labels = table.rows.map((row) => {
    const cell = (name: (typeof pseudoLabelColumns)[number]) =>
      table.value(row, columns[name] ?? -1)
    return {
      unit: cell('unit'),
      label: Number(cell('label')),
      confidence: Number(cell('confidence')),
      agreement: Number(cell('agreement')),
      round: Number(cell('round')),
    }
  })
  return { labels, origin }
}

/** @throws {EarlierRunError} when the file is missing or of another version. */
export function readPseudoLabelOrigin(path: string): PseudoLabelOrigin {
  try {
    return originSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (cause) {
    throw new EarlierRunError(
      `pseudo-labels: ${path} is missing or cannot be read, expected where predicted labels come from. Run phenoprint pseudo-label again in another folder.`,
      { cause },
    )
  }
}

/** SHA-256 of a file, hexadecimal. */
export function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

/**
 * A screen in which some units have labels that were predicted.
 *
 * @param labels By index into the screen's units.
 */
export function withPseudoLabels(
  screen: Screen,
  labels: ReadonlyMap<number, number>,
  pseudoWeight: number,
): Screen {
  const units = screen.units.map((unit, index) => {
    const label = labels.get(index)
    return label === undefined ? unit : { ...unit, label, pseudoWeight }
  })
  return { ...screen, units }
}

/** A screen in which nothing is known of treated units but the labels of some. */
export function withLabelsOf(screen: Screen, known: ReadonlySet<number>): Screen {
  const units = screen.units.map((unit, index) =>
    unit.role !== 'treatment' || known.has(index) ? unit : { ...unit, label: null },
  )
  return { ...screen, units }
}
