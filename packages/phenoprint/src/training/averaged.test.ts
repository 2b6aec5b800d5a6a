import { join } from 'node:path'
import { setThreads, type Tensor } from '@phenoprint/torch'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadNetwork } from '../models/checkpoint.js'
import { recorder } from '../store/small-screen.test.support.js'
import { temporaryFolder } from '../testing/folder.js'
import { smallConfig, smallStore } from './small-run.test.support.js'
import { train } from './train.js'

let store = ''
beforeAll(async () => {
  setThreads(1)
  store = await smallStore()
})

/** The weights of a training's last checkpoint. */
async function lastWeights(training: Readonly<Record<string, unknown>>) {
  const run = join(temporaryFolder(), 'run')
  const schedule = { name: 'constant' }
  await train(smallConfig(store, run, { schedule, ...training }), recorder())
  const { network } = loadNetwork(run, 'last')
  const numbers = new Map(
    [...network.stateDict()].map(([name, value]: [string, Tensor]) => [name, value.toNumbers()]),
  )
  network.dispose()
  return numbers
}

function largestDifference(
  a: readonly number[] | undefined,
  b: readonly number[] | undefined,
): number {
  return (a ?? [Number.NaN]).reduce((largest, value, i) => {
    const difference = Math.abs(value - (b?.[i] ?? Number.NaN))
    return difference <= largest ? largest : difference
  }, 0)
}

describe('averaged weights', () => {
  it('are saved in place of the last, which training goes on with', async () => {
    const second = await lastWeights({ epochs: 2 })
    const third = await lastWeights({ epochs: 3 })
    const averaged = await lastWeights({ epochs: 3, average: { name: 'swa', fromEpoch: 2 } })
    for (const name of ['conv_stem.weight', 'blocks.3.0.conv_dw.weight', 'classifier.bias']) {
      const mean = second.get(name)?.map((value, i) => (value + (third.get(name)?.[i] ?? 0)) / 2)
      expect(largestDifference(averaged.get(name), mean), name).toBeLessThan(1e-7)
      expect(largestDifference(second.get(name), third.get(name))).toBeGreaterThan(1e-5)
    }
  })

  it("take batch norm's statistics anew, over as many batches as are wanted", async () => {
    const average = { name: 'swa', fromEpoch: 1 }
    const plain = await lastWeights({ epochs: 1 })
    const all = await lastWeights({ epochs: 1, average })
    const two = await lastWeights({ epochs: 1, average: { ...average, refreshBatches: 2 } })
    // One epoch's average is its weights.
    expect(all.get('conv_stem.weight')).toEqual(plain.get('conv_stem.weight'))
    const counts = [plain, all, two].map((of) => of.get('bn1.num_batches_tracked')?.[0])
    expect(counts).toEqual([5, 5, 2])
    const means = [plain, all, two].map((of) => of.get('blocks.6.0.bn2.running_mean'))
    expect(largestDifference(means[0], means[1])).toBeGreaterThan(1e-4)
    expect(largestDifference(means[1], means[2])).toBeGreaterThan(1e-4)
  })

  it('leave statistics alone that are frozen', async () => {
    const average = { name: 'swa', fromEpoch: 1 }
    const weights = await lastWeights({ epochs: 1, average, batchNorm: { statistics: 'frozen' } })
    expect(weights.get('bn1.num_batches_tracked')).toEqual([0])
    expect(weights.get('bn1.running_var')?.every((value) => value === 1)).toBe(true)
  })

  it('move a frozen part not at all', async () => {
    const freeze = ['conv_stem', 'blocks.2.1.conv_dw', 'blocks.4']
    const one = await lastWeights({ epochs: 1, freeze })
    const two = await lastWeights({ epochs: 2, freeze })
    for (const name of ['conv_stem.weight', 'blocks.2.1.conv_dw.weight', 'blocks.4.0.bn1.weight']) {
      expect(two.get(name)).toEqual(one.get(name))
    }
    for (const name of ['blocks.2.1.conv_pw.weight', 'blocks.5.0.bn1.weight']) {
      expect(two.get(name)).not.toEqual(one.get(name))
    }
  })
})
