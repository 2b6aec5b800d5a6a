import type { Config, Section } from '../config/config.js'
import { ConfigError } from '../errors.js'
import { splitForPrediction } from '../prediction/inference-plan.js'
import { randomStream } from '../random.js'
import type { Screen } from '../screen/screen.js'

/**
 * Which units to explain: those that are named, or as many of the split as asked for, drawn by the
 * seed, from each cell type in turn.
 *
 * @returns Indices into `screen.units`, by cell type, each with at least one site.
 * @throws {ConfigError} when a named unit is not there, or none can be drawn.
 */
export function explainedUnits(
  screen: Screen,
  section: Section<'explain'>,
  split: Section<'split'>,
  seed: Config['seed'],
): number[] {
  const chosen =
    section.units?.map((name) => unitNamed(screen, name)) ?? drawn(screen, section, split, seed)
  const cellTypeOf = (unit: number) =>
    screen.plates[screen.units[unit]?.plate ?? -1]?.cellType ?? ''
  return chosen.sort((a, b) => cellTypeOf(a).localeCompare(cellTypeOf(b), 'en') || a - b)
}

function unitNamed({ units, name: screen }: Screen, name: string): number {
  const index = units.findIndex(({ id, code }) => id === name || code === name)
  if (index >= 0 && (units[index]?.sites.length ?? 0) > 0) return index
  throw new ConfigError(
    `explain.units: got "${name}", ${index < 0 ? `expected the id or code of a unit of the screen "${screen}", such as ${units[0]?.id}` : 'of which the store has no site'}.`,
  )
}

function drawn(
  screen: Screen,
  { split: part, count }: Section<'explain'>,
  section: Section<'split'>,
  seed: number,
): number[] {
  const byCellType = new Map<string, number[]>()
  for (const unit of splitForPrediction(screen, section)[part]) {
    const { plate = -1, sites = [] } = screen.units[unit] ?? {}
    if (sites.length === 0) continue
    const cellType = screen.plates[plate]?.cellType ?? ''
    byCellType.set(cellType, [...(byCellType.get(cellType) ?? []), unit])
  }
  if (byCellType.size === 0) {
    throw new ConfigError(
      `explain.split: the screen "${screen.name}" has no ${part} unit. Choose another split, or name units.`,
    )
  }
  const queues = [...byCellType].sort().map(([cellType, units]) => {
    const order = randomStream(seed, `explain ${cellType}`).permutation(units.length)
    return Array.from(order, (place) => units[place] ?? -1)
  })
  const inTurn = Array.from({ length: count }, (_, round) =>
    queues.flatMap((queue) => queue.slice(round, round + 1)),
  )
  return inTurn.flat().slice(0, count)
}
