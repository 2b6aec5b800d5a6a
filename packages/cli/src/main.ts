import { readFileSync } from 'node:fs'
import { interruptOnSignals } from '@phenoprint/phenoprint/basics'
import { readArguments } from './arguments.js'
import type { Command } from './command.js'
import { commands as allCommands } from './commands/index.js'
import { describeFault } from './fault.js'
import { commandHelp, overview } from './help.js'
import { CommandReporter } from './reporter/command-reporter.js'
import { Output, type Stream } from './reporter/output.js'

/** Where a command writes. */
export interface Streams {
  readonly stdout: Stream
  readonly stderr: Stream
}

/**
 * Runs one command line to its end, and tells of any fault.
 *
 * @param words What follows `phenoprint`.
 * @returns the exit code, once all that was written is out.
 */
export async function main(
  words: readonly string[],
  streams: Streams = process,
  commands: readonly Command[] = allCommands,
): Promise<number> {
  const stdout = new Output(streams.stdout)
  const stderr = new Output(streams.stderr)
  using interrupt = interruptOnSignals((line) => stderr.write(`\n${line}\n`))
  const reporter = new CommandReporter({
    // Before the words are understood: a fault in them is told in the way that they ask for.
    json: words.includes('--json'),
    quiet: words.includes('--quiet') || words.includes('-q'),
    stdout,
    stderr,
    signal: interrupt.signal,
    now: () => performance.now(),
  })
  const tell = (error: unknown): number => {
    const { message, exitCode } = describeFault(error, interrupt.signal)
    reporter.error(message, exitCode)
    return exitCode
  }
  // A fault outside of what is awaited, in a timer or an event: the work cannot be trusted any more.
  const onLost = (error: unknown) => process.exit(tell(error))
  process.once('uncaughtException', onLost)
  try {
    await answer(words, commands, stdout, reporter)
    return 0
  } catch (error) {
    return tell(error)
  } finally {
    process.off('uncaughtException', onLost)
    await stdout.flush()
    await stderr.flush()
  }
}

async function answer(
  words: readonly string[],
  commands: readonly Command[],
  stdout: Output,
  reporter: CommandReporter,
): Promise<void> {
  const invocation = readArguments(words, commands)
  if (invocation.kind === 'version') stdout.write(`${version()}\n`)
  else if (invocation.kind === 'help') {
    const { command } = invocation
    stdout.write(command === null ? overview(commands) : commandHelp(command))
  } else {
    const { command, request } = invocation
    const result = await command.run(request, reporter)
    reporter.result(command.name, result)
  }
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  const parsed: unknown = JSON.parse(text)
  const found = typeof parsed === 'object' && parsed !== null && 'version' in parsed
  return found ? String(parsed.version) : 'unknown'
}

/** Runs this process's command line, and ends the process with its exit code. */
export async function start(commands?: readonly Command[]): Promise<never> {
  const code = await main(process.argv.slice(2), process, commands)
  // Threads and timers that a stopped command left behind must not keep the process.
  process.exit(code)
}
