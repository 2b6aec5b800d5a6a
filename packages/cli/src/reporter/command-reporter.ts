import {
  duration,
  type Progress,
  type Reporter,
  type RunEvent,
  type VerbResult,
} from '@phenoprint/phenoprint/basics'
import type { Output } from './output.js'
import { ProgressDisplay } from './progress-display.js'
import { figureTable } from './table.js'

/** How a command tells what it does. */
export interface ReporterOptions {
  /** JSON Lines on standard output, words for people on standard error. */
  readonly json: boolean
  /** Only errors and the result. */
  readonly quiet: boolean
  readonly stdout: Output
  readonly stderr: Output
  readonly signal: AbortSignal
  /** Milliseconds, from any start, never going back. */
  readonly now: () => number
}

/** At most so often a program is told of progress. */
const progressEventSeconds = 1

/** The reporter of the command line. */
export class CommandReporter implements Reporter {
  readonly signal: AbortSignal
  readonly #options: ReporterOptions
  readonly #display: ProgressDisplay
  readonly #start: number

  constructor(options: ReporterOptions) {
    this.#options = options
    this.signal = options.signal
    this.#display = new ProgressDisplay(options.stderr, options.now)
    this.#start = options.now()
  }

  say(line: string): void {
    if (!this.#options.quiet) this.#words(`${line}\n`)
  }

  event(event: RunEvent): void {
    if (this.#options.json && !this.#options.quiet) this.#json(event)
  }

  progress(label: string, total: number, unit: string): Progress {
    const { quiet, now } = this.#options
    if (quiet) return { advance: () => {}, done: () => {} }
    const counter = this.#display.start(label, total, unit)
    let told = now()
    return {
      advance: (count, note) => {
        counter.meter.advance(count)
        counter.note = note ?? counter.note
        this.#display.show()
        if (now() - told < progressEventSeconds * 1000) return
        told = now()
        const { done, perSecond, secondsLeft } = counter.meter
        this.event({ type: 'progress', label, done, total, unit, perSecond, secondsLeft })
      },
      done: () => this.#display.finish(counter),
    }
  }

  /**
   * The last word of a command that worked. People who heard its words know the figures; with
   * `--quiet` they are shown them here.
   */
  result(verb: string, { status, figures, files }: VerbResult): void {
    this.#display.close()
    const { json, quiet, now } = this.#options
    if (json) {
      this.#json({ type: 'result', verb, status, figures, files })
      return
    }
    const end =
      status === 'done' ? `done in ${duration((now() - this.#start) / 1000)}` : 'was done already'
    this.#words(`${quiet ? figureTable(figures) : ''}${fileList(files)}${verb}: ${end}\n`)
  }

  /** The last word of a command that did not. */
  error(message: string, exitCode: number): void {
    this.#display.close()
    if (this.#options.json) this.#json({ type: 'error', message, exitCode })
    this.#options.stderr.write(`${message}\n`)
  }

  #json(value: RunEvent): void {
    this.#options.stdout.write(`${JSON.stringify(value)}\n`)
  }

  #words(text: string): void {
    this.#display.clear()
    const { json, stdout, stderr } = this.#options
    const output = json ? stderr : stdout
    output.write(text)
  }
}

/** A store has a file a plate: the first and the last ones are enough to find the others. */
const filesShown = 6

function fileList(files: readonly string[]): string {
  if (files.length === 0) return ''
  const left = files.length - 2 * filesShown
  const names =
    left > 1
      ? [...files.slice(0, filesShown), `… and ${left} more`, ...files.slice(-filesShown)]
      : files
  return `files:\n${names.map((name) => `  ${name}\n`).join('')}`
}
