/** Over how many of the last seconds the rate is taken: what was skipped on resuming soon leaves it. */
const windowSeconds = 30

/** Counts what is done, and tells how fast it goes and how long it will take. */
export class Meter {
  done = 0
  readonly #marks: { readonly at: number; readonly done: number }[] = []
  readonly #start: number

  /**
   * @param total How much there is to do.
   * @param now Milliseconds, from any start, never going back.
   */
  constructor(
    readonly total: number,
    private readonly now: () => number,
  ) {
    this.#start = now()
    this.#marks.push({ at: this.#start, done: 0 })
  }

  advance(count: number): void {
    this.done += count
    const at = this.now()
    const last = this.#marks.at(-1)
    // One mark a tenth of a second is plenty.
    if (last && this.#marks.length > 1 && at - last.at < 100) return
    this.#marks.push({ at, done: this.done })
    while (this.#marks.length > 2 && at - (this.#marks[1]?.at ?? at) > windowSeconds * 1000) {
      this.#marks.shift()
    }
  }

  get seconds(): number {
    return (this.now() - this.#start) / 1000
  }

  /** Over the last half minute; 0 before anything is done. */
  get perSecond(): number {
    const first = this.#marks[0]
    const last = this.#marks.at(-1)
    if (!first || !last || last.at === first.at) return 0
    return ((last.done - first.done) / (last.at - first.at)) * 1000
  }

  /** Null while it cannot be told. */
  get secondsLeft(): number | null {
    const pace = this.perSecond
    return pace > 0 ? Math.max(0, this.total - this.done) / pace : null
  }
}
