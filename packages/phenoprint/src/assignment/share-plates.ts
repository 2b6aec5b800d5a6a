import type { Section } from '../config/config.js'
import { type Matrix, matrix } from '../evaluation/matrix.js'
import { type Area, areasOf, type PlateWells } from './areas.js'
import { type ByCellType, leastUnits } from './calibration.js'
import { shareClasses } from './shared-classes.js'
import type { Temperature } from './temperature.js'

/** Temperatures are looked for between these. */
const least = 0.05
const greatest = 20
/** How close the logarithm of the best temperature is come to. */
const closeness = 0.01
/** More labelled wells than about these tell a temperature no better, and cost time. */
const enoughWells = 1000

/**
 * Probabilities that know that each class goes to one well at most, plate by plate or experiment by
 * experiment.
 *
 * @param restricted `[well, class]`, -Infinity where a well cannot have a class.
 * @returns `[well, class]`, natural logarithms, -Infinity as before.
 * @see shareClasses
 */
export function sharePlates(
  restricted: Matrix,
  plates: readonly PlateWells[],
  oneToOne: Section<'assignment'>['oneToOne'],
  temperatureOf: (cellType: string) => number,
): Matrix {
  const { rows, columns } = restricted
  const data = new Float32Array(rows * columns).fill(Number.NEGATIVE_INFINITY)
  for (const { cellType, wells, classes, scores } of areasOf(restricted, plates, oneToOne)) {
    const shared = shareClasses(scores, temperatureOf(cellType))
    wells.forEach((well, i) => {
      classes.forEach((c, j) => {
        data[well * columns + c] = shared.data[i * classes.length + j] ?? Number.NaN
      })
    })
  }
  return matrix(data, rows, columns)
}

/**
 * The temperature of each cell type with labelled wells enough that makes their labels most likely
 * after classes are shared out, by golden-section search; and that of all of them. Of very many plates
 * some are taken, evenly.
 *
 * @param labels `[well]`, null where a label is not known.
 */
export function fitSharedTemperatures(
  restricted: Matrix,
  plates: readonly PlateWells[],
  oneToOne: Section<'assignment'>['oneToOne'],
  labels: readonly (number | null)[],
): ByCellType<Temperature> {
  const areas = [...areasOf(restricted, plates, oneToOne)]
    .map((area) => ({ ...area, targets: targetsOf(area, labels) }))
    .filter(({ targets }) => targets.length > 0)
  const names = [...new Set(areas.map(({ cellType }) => cellType))].sort()
  const enough = names
    .map((name) => [name, areas.filter(({ cellType }) => cellType === name)] as const)
    .filter(([, own]) => countOf(own) >= leastUnits)
  const byCellType = Object.fromEntries(enough.map(([name, own]) => [name, fit(own)]))
  const [only] = Object.values(byCellType)
  const overall = names.length === 1 && only !== undefined ? only : fit(areas)
  return { overall, byCellType }
}

interface LabelledArea extends Area {
  /** Labelled wells whose class they can have: places in `scores`. */
  readonly targets: readonly number[]
}

function targetsOf(
  { wells, classes, scores }: Area,
  labels: readonly (number | null)[],
): readonly number[] {
  return wells.flatMap((well, i) => {
    const place = classes.indexOf(labels[well] ?? -1)
    const at = i * classes.length + place
    return place >= 0 && Number.isFinite(scores.data[at] ?? Number.NaN) ? [at] : []
  })
}

const countOf = (areas: readonly LabelledArea[]): number =>
  areas.reduce((sum, { targets }) => sum + targets.length, 0)

function fit(all: readonly LabelledArea[]): Temperature {
  const every = Math.max(1, Math.floor(countOf(all) / enoughWells))
  const areas = all.filter((_, i) => i % every === 0)
  const count = countOf(areas)
  if (count === 0) return { temperature: 1, lossBefore: Number.NaN, loss: Number.NaN, count: 0 }
  const lossAt = (logarithm: number): number => {
    let sum = 0
    for (const { scores, targets } of areas) {
      const { data } = shareClasses(scores, Math.exp(logarithm))
      for (const at of targets) sum -= data[at] ?? 0
    }
    return sum / count
  }
  const found = goldenSection(lossAt, Math.log(least), Math.log(greatest))
  return { temperature: Math.exp(found.at), lossBefore: lossAt(0), loss: found.value, count }
}

/** The least of a function with one valley (Kiefer 1953, Proc. Amer. Math. Soc. 4:502). */
function goldenSection(
  of: (at: number) => number,
  from: number,
  to: number,
): { at: number; value: number } {
  const ratio = (Math.sqrt(5) - 1) / 2
  let [low, high] = [from, to]
  const inside = (at: number) => ({ at, value: of(at) })
  let left = inside(high - ratio * (high - low))
  let right = inside(low + ratio * (high - low))
  while (high - low > closeness) {
    if (left.value <= right.value) {
      high = right.at
      right = left
      left = inside(high - ratio * (high - low))
    } else {
      low = left.at
      left = right
      right = inside(low + ratio * (high - low))
    }
  }
  return left.value <= right.value ? left : right
}
