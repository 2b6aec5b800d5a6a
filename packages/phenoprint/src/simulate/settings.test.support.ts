import type { Section } from '../config/config.js'
import { simulation } from '../config/simulation.js'

/** Settings of a synthetic screen as the configuration gives them, defaults filled in. */
export function simulationSettings(fields: Record<string, unknown> = {}): Section<'simulation'> {
  return simulation.parse({ folder: 'unused', ...fields })
}

/** Mean and standard deviation. */
export function moments(values: ArrayLike<number>): { mean: number; deviation: number } {
  let sum = 0
  let squares = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0
    sum += value
    squares += value * value
  }
  const mean = sum / values.length
  return { mean, deviation: Math.sqrt(Math.max(0, squares / values.length - mean * mean)) }
}

/** Pearson's correlation. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [ofA, ofB] = [moments(a), moments(b)]
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += ((a[i] ?? 0) - ofA.mean) * ((b[i] ?? 0) - ofB.mean)
  return sum / a.length / (ofA.deviation * ofB.deviation)
}
