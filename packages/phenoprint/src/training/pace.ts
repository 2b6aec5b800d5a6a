/** What is said after the first steps. */
export interface PaceReport {
  readonly stepsPerSecond: number
  readonly secondsPerEpoch: number
  /** To the end of the last epoch, if it does not stop early. */
  readonly secondsLeft: number
}

const measuredSteps = 20

/** Foretells how long training takes, from its first 20 steps; the first of them only warms up. */
export class Pace {
  #steps = 0
  #seconds = 0

  /**
   * @param stepsPerEpoch Steps of an epoch.
   * @param stepsLeft Steps to the end, before the first that is counted.
   */
  constructor(
    private readonly stepsPerEpoch: number,
    private readonly stepsLeft: number,
  ) {}

  /** Counts a step; the report comes with the twentieth. */
  step(seconds: number): PaceReport | null {
    this.#steps++
    if (this.#steps > 1) this.#seconds += seconds
    if (this.#steps !== measuredSteps) return null
    const perStep = this.#seconds / (measuredSteps - 1)
    return {
      stepsPerSecond: 1 / perStep,
      secondsPerEpoch: perStep * this.stepsPerEpoch,
      secondsLeft: perStep * (this.stepsLeft - measuredSteps),
    }
  }
}

/** A duration for people: `0.8 s`, `34 s`, `5 min 10 s`, `2 h 05 min`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes} min ${whole % 60} s`
  const rounded = Math.round(seconds / 60)
  return `${Math.floor(rounded / 60)} h ${String(rounded % 60).padStart(2, '0')} min`
}
