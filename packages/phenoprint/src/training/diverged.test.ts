import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setThreads } from '@phenoprint/torch'
import { beforeAll, describe, expect, it } from 'vitest'
import { DivergedError, InterruptedError } from '../errors.js'
import { loadNetwork } from '../models/checkpoint.js'
import { checkpointFile } from '../models/checkpoint-path.js'
import type { Reporter } from '../run/reporter.js'
import { recorder } from '../store/small-screen.test.support.js'
import { temporaryFolder } from '../testing/folder.js'
import { brokenTensor } from './finite-weights.js'
import { bytesIn, eventsOf, smallConfig, smallStore } from './small-run.test.support.js'
import { train } from './train.js'

let store = ''
beforeAll(async () => {
  setThreads(1)
  store = await smallStore()
})

const newRun = () => join(temporaryFolder(), 'run')

/** Good steps at first, then a rate that throws the weights far away: five steps an epoch. */
const laterTooFast = (goodEpochs: number, peak: number, name = 'sgd', epochs = 8) => ({
  ...{ epochs, optimiser: { name, learningRate: 1e-3 } },
  schedule: {
    name: 'cosineSegments',
    segments: [{ epochs: goodEpochs }, { epochs: epochs - goodEpochs, peak }],
  },
})

const failureOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => null,
    (error: unknown) => error,
  )

function expectGood(run: string, name: 'last' | 'best') {
  const { network } = loadNetwork(run, name)
  expect(brokenTensor(network)).toBe(null)
  network.dispose()
}

/** A reporter that stops the run once so many images were counted. */
function interrupting(images: number): Reporter {
  const controller = new AbortController()
  let seen = 0
  return {
    ...recorder(controller.signal),
    progress: () => ({
      advance: (count) => {
        seen += count
        if (seen >= images) controller.abort(new InterruptedError('stopped by the test', 130))
      },
      done: () => {},
    }),
  }
}

describe('a diverging training', () => {
  it('stops in its first epoch, and says that there is no good checkpoint and why', async () => {
    const run = newRun()
    const optimiser = { name: 'sgd', learningRate: 1e30 }
    const config = smallConfig(store, run, { optimiser, schedule: { name: 'constant' } })
    const error = await failureOf(train(config, recorder()))
    expect(error).toBeInstanceOf(DivergedError)
    expect(error).toMatchObject({ exitCode: 5 })
    expect(String(error)).toMatch(
      /There is no good checkpoint: one is kept after each whole epoch, and there was none. Lower training.optimiser.learningRate/,
    )
    expect(existsSync(checkpointFile(run, 'diverged'))).toBe(true)
    expect(existsSync(checkpointFile(run, 'last'))).toBe(false)
  })

  it('keeps the last good checkpoint where it leaves the numbers later', async () => {
    const run = newRun()
    const error = await failureOf(train(smallConfig(store, run, laterTooFast(2, 1e33)), recorder()))
    expect(error).toBeInstanceOf(DivergedError)
    expect(String(error)).toContain(`are in ${checkpointFile(run, 'last')}, the best epoch's in`)
    expectGood(run, 'last')
    expectGood(run, 'best')
  })

  it('never keeps weights that are not numbers, even where nothing is validated', async () => {
    const run = newRun()
    const once = { epochs: 1, batchSize: 20, optimiser: { name: 'sgd', learningRate: 1e38 } }
    const config = smallConfig(
      store,
      run,
      { ...once, schedule: { name: 'constant' } },
      { split: {} },
    )
    const error = await failureOf(train(config, recorder()))
    expect(String(error)).toMatch(/is not finite, expected numbers|the loss is NaN/)
    expect(existsSync(checkpointFile(run, 'last'))).toBe(false)
    expect(existsSync(checkpointFile(run, 'diverged'))).toBe(true)
  })

  it('is not a noisy start that recovers', async () => {
    const run = newRun()
    const noisy = {
      ...{ epochs: 3, optimiser: { name: 'adam', learningRate: 1e-3 } },
      schedule: { name: 'cosineSegments', segments: [{ epochs: 1, peak: 30 }, { epochs: 2 }] },
    }
    await train(smallConfig(store, run, noisy), recorder())
    const losses = eventsOf(run).map((event) => Number(event.loss))
    expect(losses[0]).toBeGreaterThan(2 * Math.log(3))
    expect(losses).toHaveLength(3)
    expectGood(run, 'last')
  })

  it('stops where the loss stays finite and explodes, at the same step when it was interrupted', async () => {
    const settings = laterTooFast(2, 1e3, 'adam')
    const undisturbed = newRun()
    const error = await failureOf(train(smallConfig(store, undisturbed, settings), recorder()))
    expect(error).toBeInstanceOf(DivergedError)
    expect(String(error)).toMatch(
      /the loss explodes: in epoch \d, step \d its median over 15 steps/,
    )
    expect(String(error)).toContain(`are in ${checkpointFile(undisturbed, 'last')}`)
    expect(Number(eventsOf(undisturbed).at(-1)?.loss)).toBeGreaterThan(21)
    const { epoch } = JSON.parse(bytesIn(undisturbed, 'checkpoints', 'last.json').toString())
    expect(epoch).toBe(2)
    expectGood(undisturbed, 'last')

    const run = newRun()
    const config = smallConfig(store, run, settings)
    await expect(train(config, interrupting(68))).rejects.toMatchObject({ exitCode: 130 })
    const later = await failureOf(train(config, recorder()))
    expect(String(later).replaceAll(run, undisturbed)).toBe(String(error))
    const last = ['checkpoints', 'last.safetensors'] as const
    expect(bytesIn(run, ...last).equals(bytesIn(undisturbed, ...last))).toBe(true)
  })
})
