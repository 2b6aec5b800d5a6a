import { join } from 'node:path'
import type { Section } from '../config/config.js'
import { readEmbeddings } from '../embedding/read-embeddings.js'
import { PredictionError } from '../errors.js'
import { finishedRun } from '../run/finished-run.js'
import type { Screen } from '../screen/screen.js'
import { classDistances } from './class-distances.js'

/** How near wells lie to a class that is known, by unit. */
export type KnownDistances = ReadonlyMap<string, number>

/**
 * How near each embedded well lies to the training wells of a class, from a run of embed.
 *
 * @param apart Ids of units that are called or that bounds are set on: nothing is learned from them.
 * @returns null when no score asks for it.
 * @throws {EarlierRunError} {PredictionError} when the embeddings are missing, or of none of its units.
 */
export async function knownDistances(
  { unknown }: Section<'assignment'>,
  screen: Screen,
  apart: ReadonlySet<string>,
): Promise<KnownDistances | null> {
  if (unknown.embeddings === undefined) return null
  const run = finishedRun(unknown.embeddings, 'assignment.unknown.embeddings', ['embed'])
  const path = join(run.folder, 'embeddings.parquet')
  const { units, embeddings } = await readEmbeddings(path)
  const places = new Map(screen.units.map((unit) => [unit.id, unit]))
  const wells = units.map((id) => {
    const unit = places.get(id)
    const learned = unit?.part === 'train' && unit.role === 'treatment' && !apart.has(id)
    const cellType = screen.plates[unit?.plate ?? -1]?.cellType ?? ''
    return { cellType, label: learned ? unit.label : null }
  })
  if (!wells.some(({ label }) => label !== null)) {
    throw new PredictionError(
      `assignment.unknown.embeddings: ${path} has no training well of the screen "${screen.name}" besides those that are called or calibrated on, so no class has a centre. Embed the store of this screen, or set assignment.unknown.score to energy.`,
    )
  }
  const nearness = classDistances(embeddings, wells)
  return new Map(units.map((id, i) => [id, nearness[i] ?? Number.NaN]))
}
