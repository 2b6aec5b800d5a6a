import { setTimeout as sleep } from 'node:timers/promises'
import { RunDirectory, writeFileAtomic } from '@phenoprint/phenoprint'
import { MachineError, type Reporter } from '@phenoprint/phenoprint/basics'
import { loadConfig } from '@phenoprint/phenoprint/commands'
import type { Command, Request } from '../command.js'
import { start } from '../index.js'

/**
 * The command line with verbs that exist for the tests alone: slow ones to interrupt, one that
 * holds a run directory, one that fills a disk, one with a fault.
 */
const done = { status: 'done', figures: {}, files: [] } as const

function command(
  name: string,
  run: (request: Request, reporter: Reporter) => Promise<void>,
): Command {
  return {
    name,
    aliases: [],
    summary: '',
    details: '',
    examples: [''],
    takesFile: false,
    operands: null,
    run: async (request, reporter) => {
      await run(request, reporter)
      return done
    },
  }
}

/** Longer than any test waits. */
const forever = 600_000

await start([
  command('patient', async (_request, reporter) => {
    reporter.say('started')
    await sleep(forever, undefined, { signal: reporter.signal }).catch(() => {})
    reporter.say('saved')
    reporter.signal.throwIfAborted()
  }),
  command('library-abort', async (_request, reporter) => {
    reporter.say('started')
    await sleep(forever, undefined, { signal: reporter.signal })
  }),
  command('deaf', async (_request, reporter) => {
    reporter.say('started')
    await sleep(forever)
  }),
  command('chatty', async (_request, reporter) => {
    for (let line = 0; line < 2000; line++) {
      reporter.say(`line ${line} ${'x'.repeat(100)}`)
      if (line % 100 === 0) await sleep(1)
    }
    writeFileAtomic('chatty-finished', '')
  }),
  command('hold', async (_request, reporter) => {
    using run = RunDirectory.open('run', { verb: 'train', config: loadConfig('config.yml') })
    reporter.say(`holding ${run.folder}`)
    await sleep(forever, undefined, { signal: reporter.signal })
  }),
  command('fill', async (_request, reporter) => {
    const config = loadConfig('config.yml')
    using run = RunDirectory.open('small/run', { verb: 'train', config, reporter })
    run.event({ type: 'epoch', epoch: 1 })
    writeFileAtomic(run.path('weights.bin'), new Uint8Array(4_000_000))
  }),
  command('faulty', async () => {
    throw new TypeError('cannot read properties of undefined', { cause: new Error('deeper') })
  }),
  command('lost', async (_request, reporter) => {
    setTimeout(() => {
      throw new TypeError('thrown in a timer')
    }, 1)
    await sleep(forever, undefined, { signal: reporter.signal })
  }),
  command('machine', async () => {
    throw new MachineError('memory: 3 GiB free, expected 5 GiB')
  }),
])
