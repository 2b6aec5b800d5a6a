import { Meter } from './meter.js'
import type { Output } from './output.js'
import { type Counted, progressBar, progressLine, progressSummary } from './progress-line.js'

/** What ends sooner is not worth a bar. */
const silentSeconds = 2
/** Without a terminal: a line so often at most, and rarer the longer it takes. */
const lineSeconds = 5
const barSeconds = 0.1

/**
 * Shows the innermost of the counters that are running: a bar that is drawn again and again on a
 * terminal, now and then a line elsewhere.
 */
export class ProgressDisplay {
  readonly #running: Counter[] = []
  #drawn = false
  #lastShown = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | null = null

  constructor(
    private readonly output: Output,
    private readonly now: () => number,
  ) {}

  start(label: string, total: number, unit: string): Counter {
    const counter = new Counter(label, unit, new Meter(total, this.now))
    this.#running.push(counter)
    // The bar's clock goes on while nothing advances.
    if (this.output.isTerminal) this.#timer ??= setInterval(() => this.show(), 1000).unref()
    return counter
  }

  /** Draws what is due. */
  show(): void {
    const counter = this.#running.at(-1)
    if (!counter || counter.meter.seconds < silentSeconds) return
    const since = (this.now() - this.#lastShown) / 1000
    const rarely = Math.max(lineSeconds, counter.meter.seconds / 20)
    if (since < (this.output.isTerminal ? barSeconds : rarely)) return
    this.#lastShown = this.now()
    if (!this.output.isTerminal) {
      this.output.write(`${progressLine(counter)}\n`)
      return
    }
    this.output.write(`\r${progressBar(counter, this.output.columns)}\x1b[K`)
    this.#drawn = true
  }

  /** Takes the bar away, so that a line can stand in its place. */
  clear(): void {
    if (this.#drawn) this.output.write('\r\x1b[K')
    this.#drawn = false
  }

  /** Ends a counter; one that took a while leaves a line behind. */
  finish(counter: Counter): void {
    const index = this.#running.indexOf(counter)
    if (index < 0) return
    this.#running.splice(index, 1)
    this.clear()
    if (counter.meter.seconds >= silentSeconds) this.output.write(`${progressSummary(counter)}\n`)
    if (this.#running.length === 0) this.close()
  }

  /** Stops drawing, whatever still runs. */
  close(): void {
    this.clear()
    if (this.#timer) clearInterval(this.#timer)
    this.#timer = null
    this.#running.length = 0
  }
}

class Counter implements Counted {
  note = ''

  constructor(
    readonly label: string,
    readonly unit: string,
    readonly meter: Meter,
  ) {}
}
