/** A fact for programs: one JSON line. */
export interface RunEvent {
  readonly type: string
  readonly [key: string]: unknown
}

/** A counter over something that takes a while. */
export interface Progress {
  advance(count: number, note?: string): void
  done(): void
}

/** Where a verb tells what it does. The command line prints it; tests collect it. */
export interface Reporter {
  /** A line for people. */
  say(line: string): void
  /** A fact for programs. */
  event(event: RunEvent): void
  /**
   * A bar with rate and time left, or plain lines where there is no terminal.
   *
   * @param unit What is counted, in the plural: `sites`.
   */
  progress(label: string, total: number, unit: string): Progress
  /** Aborted when a person or the system asks to stop; its reason is an InterruptedError. */
  readonly signal: AbortSignal
}

/** What a verb gives back: figures for people and programs, and the files it wrote. */
export interface VerbResult {
  readonly status: 'done' | 'already done'
  readonly figures: Readonly<Record<string, unknown>>
  readonly files: readonly string[]
}

/** Tells nobody. */
export const silentReporter: Reporter = {
  say: () => {},
  event: () => {},
  progress: () => ({ advance: () => {}, done: () => {} }),
  signal: new AbortController().signal,
}
