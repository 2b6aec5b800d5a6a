import { join } from 'node:path'
import { readSafetensors } from '@phenoprint/torch'
import { beforeAll, describe, expect, it } from 'vitest'
import { recorder } from '../store/small-screen.test.support.js'
import { temporaryFolder } from '../testing/folder.js'
import { bytesIn, eventsOf, smallConfig, smallStore } from '../training/small-run.test.support.js'
import { train } from '../training/train.js'
import { trainOver } from './several-ranks.test.support.js'

let store = ''
beforeAll(async () => {
  store = await smallStore()
})

const last = ['checkpoints', 'last.safetensors'] as const
const newRun = () => join(temporaryFolder(), 'run')

/** Norms that do not look at a batch, so that what ranks compute is what one would. */
const frozen = { batchNorm: { statistics: 'frozen' } }
const plain = {
  ...{ batchSize: 10, optimiser: { name: 'sgd', learningRate: 0.01 }, clipNorm: 1 },
  ...{ schedule: { name: 'constant' } },
}
/**
 * Nothing is dropped: each rank would drop something else. And the activation is smooth: at the kink of ReLU a
 * difference in rounding becomes one of a whole gradient.
 */
const stock = {
  model: { architecture: 'resnet18', activation: 'silu', kernels: 'stock', dropout: 0 },
}

function configOf(run: string, training: object) {
  return smallConfig(store, run, { ...plain, ...training }, stock)
}

/** The greatest difference of two runs' last weights, beside the greatest weight. */
function furthest(a: string, b: string): number {
  const [x, y] = [a, b].map((run) => readSafetensors(join(run, ...last)).tensors)
  let most = 0
  for (const [name, values] of x ?? []) {
    const others = y?.get(name)
    if (others === undefined) throw new Error(`there is no ${name}`)
    const ours = values.toNumbers()
    const theirs = others.toNumbers()
    if (theirs.length !== ours.length) throw new Error(`${name} is of another size`)
    const scale = ours.reduce((greatest, value) => Math.max(greatest, Math.abs(value)), 1e-3)
    ours.forEach((value, i) => {
      most = Math.max(most, Math.abs(value - (theirs[i] ?? Number.NaN)) / scale)
    })
  }
  return most
}

describe('a network trained over several ranks', () => {
  it.each([
    ['with frozen norms', frozen],
    ['with synchronised norms', { ranks: { batchNorm: 'synchronised' } }],
  ])(
    'is that of one rank %s, but for rounding',
    async (_, training) => {
      const one = newRun()
      await train(configOf(one, training), recorder())
      for (const size of [2, 3]) {
        const several = newRun()
        const ends = await trainOver(size, configOf(several, training))
        expect(ends.map((end) => end?.error)).toEqual(Array(size).fill(null))
        expect(furthest(one, several)).toBeLessThan(1e-5)
      }
    },
    300_000,
  )

  it('is the same to the byte for the same number of ranks, also when it was killed and went on', async () => {
    const undisturbed = newRun()
    const killed = newRun()
    const training = { epochs: 3, checkpointMinutes: 1e-6 }
    await trainOver(2, configOf(undisturbed, training))
    const broken = await trainOver(2, configOf(killed, training), {
      onSeen: (seen, ranks) => seen >= 30 && ranks[1]?.kill('SIGKILL'),
    })
    expect(broken[1]).toBeNull()
    expect(broken[0]?.error?.name).toBe('MachineError')
    expect(broken[0]?.error?.message).toMatch(/rank 0 of 2 lost the others.*Run the same command/s)
    const [first] = await trainOver(2, configOf(killed, training))
    expect(first?.lines.some((line) => line.startsWith('Goes on in epoch'))).toBe(true)
    expect(bytesIn(killed, ...last).equals(bytesIn(undisturbed, ...last))).toBe(true)
    expect(eventsOf(killed)).toEqual(eventsOf(undisturbed))
  }, 300_000)

  it('goes on over another number of ranks', async () => {
    const run = newRun()
    const training = { ...frozen, epochs: 3, checkpointMinutes: 1e-6 }
    await trainOver(3, configOf(run, training), {
      onSeen: (seen, ranks) => seen >= 30 && ranks[2]?.kill('SIGKILL'),
    })
    const reporter = recorder()
    await train(configOf(run, training), reporter)
    expect(reporter.lines.some((line) => line.startsWith('Goes on in epoch'))).toBe(true)
    const whole = newRun()
    await train(configOf(whole, training), recorder())
    expect(furthest(whole, run)).toBeLessThan(1e-5)
  }, 300_000)

  it('refuses batches that are too small for so many', async () => {
    const ends = await trainOver(3, configOf(newRun(), { batchSize: 4 }))
    for (const end of ends) {
      expect(end?.error).toMatchObject({ name: 'ConfigError' })
      expect(end?.error?.message).toMatch(/batchSize.*expected at least 6 for 3 ranks/)
    }
  }, 60_000)
})
