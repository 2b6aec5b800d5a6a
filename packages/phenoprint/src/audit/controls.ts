import type { Screen } from '../screen/screen.js'
import type { Finding } from './finding.js'
import { grouped } from './grouped.js'
import { median, robustSpread } from './robust.js'

/** A plate is told of when its controls lie this many spreads of control wells from the others'. */
const far = 3
/** Fewer control wells on a plate say nothing of it. */
const fewest = 3
/** A spread below this is rounding, not variation. */
const leastSpread = 0.02

/** A control well: what it was given, and the logarithm of its mean intensity. */
interface ControlWell {
  readonly plate: number
  readonly kind: string
  readonly log: number
}

/**
 * Plates whose control wells differ from those of their experiment's other plates, channel by
 * channel. Each control is compared with the median plate's wells that were given the same; the
 * plate's difference is the median of its wells', in robust standard deviations of wells about their
 * own plate.
 *
 * @param mean Mean intensity of each channel of each site, `[site * channels + channel]`; NaN is unknown.
 */
export function controlFindings(screen: Screen, mean: Float64Array): Finding[] {
  const experiments = grouped(screen.plates.keys(), (plate) => experimentOf(screen, plate))
  return [...experiments.values()].flatMap((plates) => {
    if (plates.length < 2) return []
    const found = new Map<number, string[]>()
    for (const [c, { name }] of screen.channels.entries()) {
      const wells = plates.flatMap((plate) => controlWells(screen, plate, mean, c))
      for (const { plate, ratio } of unlikePlates(plates, wells)) {
        found.set(plate, [
          ...(found.get(plate) ?? []),
          `${name}: ${ratio.toPrecision(2)} times as bright`,
        ])
      }
    }
    return [...found].map(
      ([plate, words]): Finding => ({
        check: 'controls',
        severity: 'warning',
        where: screen.plates[plate]?.id ?? '',
        what: `control wells unlike those of its experiment: ${words.join('; ')}`,
      }),
    )
  })
}

function experimentOf(screen: Screen, plate: number): string {
  return screen.plates[plate]?.experiment ?? ''
}

function controlWells(
  screen: Screen,
  plate: number,
  mean: Float64Array,
  channel: number,
): ControlWell[] {
  return (screen.plates[plate]?.units ?? []).flatMap((index) => {
    const unit = screen.units[index]
    if (unit === undefined || unit.role === 'treatment') return []
    const values = unit.sites
      .map((site) => mean[site * screen.channels.length + channel] ?? Number.NaN)
      .filter((value) => value > 0)
    if (values.length === 0) return []
    const log = Math.log(values.reduce((sum, value) => sum + value, 0) / values.length)
    return [{ plate, kind: `${unit.role} ${unit.label}`, log }]
  })
}

function unlikePlates(
  plates: readonly number[],
  wells: readonly ControlWell[],
): { plate: number; ratio: number }[] {
  /** The middle plate of those that have a kind of control; none where only one has it. */
  const usual = new Map<string, number>()
  for (const [kind, alike] of grouped(wells, (well) => well.kind)) {
    const byPlate = [...grouped(alike, (well) => well.plate).values()]
    if (byPlate.length < 2) continue
    usual.set(kind, median(byPlate.map((own) => median(own.map(({ log }) => log)))))
  }
  const offsets = plates.map((plate) => {
    const own = wells.filter((well) => well.plate === plate)
    const differences = own.flatMap(({ kind, log }) => {
      const reference = usual.get(kind)
      return reference === undefined ? [] : [log - reference]
    })
    return { plate, differences, offset: median(differences) }
  })
  const known = offsets.filter(({ differences }) => differences.length >= fewest)
  const residuals = known.flatMap(({ differences, offset }) =>
    differences.map((difference) => difference - offset),
  )
  const spread = Math.max(robustSpread(residuals), leastSpread)
  return known
    .filter(({ offset }) => Math.abs(offset) > far * spread)
    .map(({ plate, offset }) => ({ plate, ratio: Math.exp(offset) }))
}
