import type { Section } from '../config/config.js'
import { simulation } from '../config/simulation.js'
import { type Matrix, matrix } from '../evaluation/matrix.js'
import type { PredictionRow } from '../prediction/prediction-row.js'
import type { PlateContents } from '../screen/plate-groups.js'
import { type SimulatedWell, simulatedWells } from '../simulate/layout.js'
import { wellCode } from '../simulate/tables.js'

/** Settings of a synthetic screen; without changes, as large as RxRx1. */
export function simulationOf(changes: object = {}): Section<'simulation'> {
  return simulation.parse({ folder: 'nowhere', ...changes })
}

/** Treated wells of one part of a synthetic screen, without any picture. */
export function treatedWells(
  settings: Section<'simulation'>,
  part: 'train' | 'test',
): SimulatedWell[] {
  return simulatedWells(settings).filter((well) => well.part === part && well.role === 'treatment')
}

/** The same wells as rows of predictions. */
export function rowsOf(wells: readonly SimulatedWell[]): PredictionRow[] {
  return wells.map((well) => ({
    unit: `${well.experiment}/${well.plate}/${well.well}`,
    code: wellCode(well),
    experiment: well.experiment,
    plate: String(well.plate),
    well: well.well,
    cellType: well.cellType,
    role: well.role,
    label: well.label,
  }))
}

/** What each plate holds. */
export function contentsOf(wells: readonly SimulatedWell[]): PlateContents[] {
  const plates = new Map<string, { experiment: string; plate: string; classes: number[] }>()
  for (const { experiment, plate, label } of wells) {
    const key = `${experiment}/${plate}`
    const before = plates.get(key) ?? { experiment, plate: String(plate), classes: [] }
    before.classes.push(label)
    plates.set(key, before)
  }
  return [...plates.values()]
}

/** How generated predictions err. */
export interface Errors {
  readonly classes: number
  readonly seed: number
  /** Share of the noise's variance that all wells of an experiment have in common. */
  readonly common: number
}

/**
 * Noise of predictions, `[well, class]`: standard normal, in part the same for all wells of an
 * experiment, as a network has classes that it names too often on some days.
 */
export function predictionNoise(
  wells: readonly { readonly experiment: string }[],
  { classes, seed, common }: Errors,
): Float32Array {
  const normal = normals(seed)
  const own = Math.sqrt(1 - common)
  const shared = new Map<string, Float32Array>()
  const noise = new Float32Array(wells.length * classes)
  wells.forEach(({ experiment }, well) => {
    let bias = shared.get(experiment)
    if (bias === undefined) {
      bias = Float32Array.from({ length: classes }, () => Math.sqrt(common) * normal())
      shared.set(experiment, bias)
    }
    for (let c = 0; c < classes; c++) noise[well * classes + c] = own * normal() + (bias[c] ?? 0)
  })
  return noise
}

/**
 * Logits of a model that is right as often as asked: the noise, more by a margin at the label, all
 * times the margin, so that with noise of each well's own they are calibrated.
 */
export function logitsOf(noise: Float32Array, labels: readonly number[], accuracy: number): Matrix {
  const classes = noise.length / labels.length
  const margin = marginFor(accuracy, classes)
  const data = noise.map((value) => margin * value)
  labels.forEach((label, well) => {
    const at = well * classes + label
    data[at] = (data[at] ?? 0) + margin * margin
  })
  return matrix(data, labels.length, classes)
}

/**
 * By how much the label's normal number must lie above the others' to be the greatest with the
 * given probability: integral of phi(x - m) Phi(x)^(C-1) over x, solved for m by bisection.
 */
export function marginFor(accuracy: number, classes: number): number {
  let low = 0
  let high = 20
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (shareRight(middle, classes) < accuracy) low = middle
    else high = middle
  }
  return low
}

function shareRight(margin: number, classes: number): number {
  const width = 0.02
  let below = 0.5
  let sum = 0
  let logBelow: number
  // From the middle of the noise upwards: below it the largest of many noises never lies.
  for (let x = 0; x < margin + 8; x += width) {
    logBelow = Math.log(below)
    sum += density(x - margin) * Math.exp((classes - 1) * logBelow) * width
    below = Math.min(
      1,
      below + (width * (density(x) + 4 * density(x + width / 2) + density(x + width))) / 6,
    )
  }
  return sum
}

const density = (x: number): number => Math.exp(-(x ** 2) / 2) / Math.sqrt(2 * Math.PI)

/** Normal numbers, many and fast: mulberry32 (T. Ettinger) and Box & Muller. */
function normals(seed: number): () => number {
  let state = seed
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  let spare: number | null = null
  return () => {
    if (spare !== null) {
      const value = spare
      spare = null
      return value
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()))
    const angle = 2 * Math.PI * uniform()
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
}
