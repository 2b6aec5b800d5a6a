import { InterruptedError } from '../errors.js'

/** A signal to a whole process group may come again from a parent that hands it on. */
const sameSignalMilliseconds = 1000

/** Exit codes as shells give them: 128 and the number of the signal. */
const codes = { SIGINT: 130, SIGTERM: 143 } as const

type StopSignal = keyof typeof codes

/**
 * Turns the first SIGINT (Ctrl-C) or SIGTERM into an abort, so that the work can save itself; the
 * second one ends the process at once, with its exit code.
 *
 * @param say Told what happens, once.
 * @returns `signal` aborts with an InterruptedError as its reason; disposing stops listening.
 */
export function interruptOnSignals(say: (line: string) => void): Disposable & {
  readonly signal: AbortSignal
} {
  const controller = new AbortController()
  let first: { readonly name: StopSignal; readonly at: number } | null = null
  const onSignal = (name: StopSignal) => {
    if (first !== null) {
      const again = name === 'SIGTERM' && first.name === name
      if (again && performance.now() - first.at < sameSignalMilliseconds) return
      process.exit(codes[name])
    }
    first = { name, at: performance.now() }
    const who = name === 'SIGINT' ? 'Ctrl-C' : 'SIGTERM'
    say(`${who}: stopping after the next save. Once more stops at once.`)
    controller.abort(
      new InterruptedError(
        `stopped by ${who}. Run the same command again to go on from here.`,
        codes[name],
      ),
    )
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    },
  }
}
