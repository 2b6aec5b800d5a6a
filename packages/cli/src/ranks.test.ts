import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../phenoprint/dist/testing/folder.js'
import { smallStore } from '../../phenoprint/dist/training/small-run.test.support.js'

const program = fileURLToPath(new URL('../bin/phenoprint.js', import.meta.url))
const oracles = fileURLToPath(new URL('../../../.cache/oracles/bin/', import.meta.url))

let store = ''
beforeAll(async () => {
  store = await smallStore()
})

/** A folder with a configuration of five steps an epoch, each saved. */
function newFolder(epochs: number): string {
  const folder = temporaryFolder()
  const config = {
    ...{ seed: 3, output: 'run', store: { path: store, tile: [32, 32] } },
    split: { validation: { HeLa: ['E3'], U2OS: ['E4'] } },
    training: { epochs, batchSize: 4, threads: 1, checkpointMinutes: 1e-6 },
  }
  writeFileSync(join(folder, 'train.yml'), JSON.stringify(config))
  return folder
}

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program in a folder. */
function start(
  folder: string,
  [name = '', ...words]: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(name, words, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text
    })
  }
  return { child, ended: once(child, 'close').then(([code]) => ({ code, ...said })) }
}

const phenoprint = (...words: string[]) => [process.execPath, program, ...words]
const train = (...words: string[]) => phenoprint('train', '-y', 'train.yml', ...words)
const weights = (folder: string) => readFileSync(join(folder, 'run/checkpoints/last.safetensors'))

/** Waits until a training has come to its second epoch. */
async function secondEpoch(folder: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    try {
      if (readFileSync(join(folder, 'run/events.jsonl'), 'utf8').includes('"epoch":1')) return
    } catch {
      // Not there yet.
    }
    await sleep(100)
  }
  throw new Error('there was no first epoch within a minute')
}

/** Processes that a process has started. */
function childrenOf({ pid }: ChildProcess): number[] {
  const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return list.trim().split(' ').map(Number)
}

describe('phenoprint train over ranks', () => {
  it('starts them itself, or is started by torchrun: to the same bytes', async () => {
    const own = newFolder(2)
    const ended = await start(own, train('--ranks', '2', '--json')).ended
    expect(ended).toMatchObject({ code: 0 })
    const last = JSON.parse(ended.stdout.trimEnd().split('\n').at(-1) ?? '')
    expect(last).toMatchObject({ type: 'result', verb: 'train' })

    const torchrun = newFolder(2)
    const words = ['--no-python', '--nproc-per-node=2', '--master-port=0', '--standalone']
    const started = start(torchrun, [join(oracles, 'torchrun'), ...words, ...train()])
    expect(await started.ended).toMatchObject({ code: 0 })
    expect(weights(torchrun).equals(weights(own))).toBe(true)
  }, 120_000)

  it('saves when it is interrupted, and goes on to the same bytes', async () => {
    const undisturbed = newFolder(4)
    expect(await start(undisturbed, train('--ranks', '2')).ended).toMatchObject({ code: 0 })
    const folder = newFolder(4)
    const { child, ended } = start(folder, train('--ranks', '2'))
    await secondEpoch(folder)
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ code: 130, stderr: expect.stringContaining('Ctrl-C') })
    const again = await start(folder, train('--ranks', '2')).ended
    expect(again).toMatchObject({ code: 0 })
    expect(again.stdout + again.stderr).toMatch(/Goes on in epoch [234]/)
    expect(weights(folder).equals(weights(undisturbed))).toBe(true)
  }, 180_000)

  it('says which rank was lost, with exit code 4', async () => {
    const folder = newFolder(50)
    const { child, ended } = start(folder, train('--ranks', '2'))
    await secondEpoch(folder)
    const [follower = 0] = childrenOf(child)
    process.kill(follower, 'SIGKILL')
    const { code, stderr } = await ended
    expect(code).toBe(4)
    expect(stderr).toMatch(/rank 1 ended by SIGKILL\. .*rank 0 of 2 lost the others/)
    expect(stderr).not.toContain('frame #')
  }, 120_000)

  it.each([
    [['--ranks', '0'], {}, '--ranks: got "0", expected a whole number'],
    [['--ranks', 'two'], {}, '--ranks: got "two"'],
    [['--ranks', '2'], { RANK: '0', WORLD_SIZE: '2' }, 'torchrun or srun has started'],
    [[], { RANK: '2', WORLD_SIZE: '2', MASTER_PORT: '1' }, 'rank 2 of 2'],
    [['--ranks', '5'], {}, 'training.batchSize: the smallest batch of an epoch has 4 samples'],
  ])(
    'refuses %j with %j',
    async (words, env, message) => {
      const { ended } = start(newFolder(1), train(...words), { ...process.env, ...env })
      expect(await ended).toMatchObject({ code: 2, stderr: expect.stringContaining(message) })
    },
    60_000,
  )
})
