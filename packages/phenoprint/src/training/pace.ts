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
