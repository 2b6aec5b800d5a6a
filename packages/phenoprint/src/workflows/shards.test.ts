import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Config } from '../config/config.js'
import { EarlierRunError, PredictionError, RunDirectoryError } from '../errors.js'
import { infer, inferShard } from '../prediction/infer.js'
import { Lock } from '../run/lock.js'
import { shardFolder } from '../run/shard.js'
import { makeStore } from '../store/make-store.js'
import { order, recorder, smallScreen } from '../store/small-screen.test.support.js'
import { temporaryFolder } from '../testing/folder.js'
import { fineTune, fineTuneShard } from '../training/fine-tune.js'
import { bytesIn, eventsOf, smallConfig, smallStore } from '../training/small-run.test.support.js'
import { train } from '../training/train.js'

let store = ''
let overall = ''
beforeAll(async () => {
  store = await smallStore()
  overall = join(store, '..', 'overall')
  await train(smallConfig(store, overall, { epochs: 1 }), recorder())
})

const newRun = () => join(temporaryFolder(), 'run')

function inferConfig(output: string, prediction: object = {}): Config {
  return smallConfig(
    store,
    output,
    {},
    {
      prediction: {
        from: overall,
        threads: 1,
        splits: ['train', 'validation', 'test'],
        symmetries: ['identity', 'flipX'],
        ...prediction,
      },
    },
  )
}

const predictions = [
  'train.parquet',
  'train.views.parquet',
  'validation.parquet',
  'validation.views.parquet',
  'test.parquet',
]

describe('shards of infer', () => {
  it.each([
    ['each tile alone', 2, {}],
    ['fewer plates than shards, halves kept', 3, { views: 'float16' }],
    ['norms of an experiment', 2, { batchNorm: { statistics: 'experiment' } }],
  ])('put together are to the byte the whole run: %s', async (_, count, prediction) => {
    const whole = newRun()
    await infer(inferConfig(whole, prediction), recorder())
    const run = newRun()
    const config = inferConfig(run, prediction)
    for (const index of Array.from({ length: count }, (_, i) => count - 1 - i)) {
      expect((await inferShard(config, recorder(), { index, count })).status).toBe('done')
    }
    expect((await inferShard(config, recorder(), { index: 0, count })).status).toBe('already done')
    const result = await infer(config, recorder())
    for (const name of predictions) {
      const file = join('predictions', name)
      expect(bytesIn(run, file).equals(bytesIn(whole, file)), name).toBe(true)
    }
    for (const name of ['metrics.json', 'calls.csv']) {
      expect(readFileSync(join(run, name), 'utf8')).toBe(readFileSync(join(whole, name), 'utf8'))
    }
    expect(result.figures).toMatchObject({ splits: { validation: { overall: { count: 10 } } } })
    expect(existsSync(join(run, 'shards'))).toBe(false)
    expect((await inferShard(config, recorder(), { index: 1, count })).status).toBe('already done')
  })

  it('are refused when one is missing, there twice, or of another network', async () => {
    const run = newRun()
    const config = inferConfig(run)
    await inferShard(config, recorder(), { index: 0, count: 2 })
    await expect(infer(config, recorder())).rejects.toBeInstanceOf(EarlierRunError)
    const first = shardFolder(run, { index: 0, count: 2 })
    const second = shardFolder(run, { index: 1, count: 2 })
    cpSync(first, second, { recursive: true })
    await expect(infer(config, recorder())).rejects.toThrow(PredictionError)
    await expect(infer(config, recorder())).rejects.toThrow(
      /plates of shard 0 of 2 .*that shard is there twice.*--shard 1\/2 again/,
    )
    rmSync(second, { recursive: true })
    const other = newRun()
    await inferShard(inferConfig(other, { reduce: 'probabilityMean' }), recorder(), {
      index: 1,
      count: 2,
    })
    cpSync(shardFolder(other, { index: 1, count: 2 }), second, { recursive: true })
    await expect(infer(config, recorder())).rejects.toThrow(/other networks or settings/)
    expect(existsSync(join(run, 'result.json'))).toBe(false)
  })
})

describe('shards of fine-tune', () => {
  it('give the networks that one run gives, and what was told of them', async () => {
    const config = (output: string) =>
      smallConfig(store, output, { epochs: 1 }, { fineTune: { from: overall } })
    const whole = newRun()
    await fineTune(config(whole), recorder())
    const run = newRun()
    await fineTuneShard(config(run), recorder(), { index: 1, count: 2 })
    await expect(fineTune(config(run), recorder())).rejects.toThrow(/--shard 0\/2/)
    await fineTuneShard(config(run), recorder(), { index: 0, count: 2 })
    expect(existsSync(join(run, 'HeLa'))).toBe(false)
    const result = await fineTune(config(run), recorder())
    for (const cellType of ['HeLa', 'U2OS']) {
      for (const name of ['best', 'last']) {
        const file = join(cellType, 'checkpoints', `${name}.safetensors`)
        expect(bytesIn(run, file).equals(bytesIn(whole, file)), file).toBe(true)
      }
    }
    expect(eventsOf(run)).toEqual(eventsOf(whole))
    for (const file of result.files) expect(existsSync(file), file).toBe(true)
    expect(existsSync(join(run, 'shards'))).toBe(false)
  })
})

describe('shards of preprocess', () => {
  it('make the plates of one store, beside each other', async () => {
    const made = smallScreen({ plates: ['1', '2', '3'] })
    const whole = order(made)
    await makeStore(made.screen, whole, recorder())
    const folder = join(temporaryFolder(), 'store')
    const wanted = { ...whole, store: { ...whole.store, path: folder } }
    const shard = (index: number) => makeStore(made.screen, wanted, recorder(), { index, count: 2 })
    const both = await Promise.all([shard(0), shard(1)])
    expect(both.map(({ figures }) => figures.plates)).toEqual([2, 1])
    expect(existsSync(join(folder, 'screen.json'))).toBe(false)
    expect((await shard(1)).status).toBe('already done')
    await makeStore(made.screen, wanted, recorder())
    for (const name of readdirSync(whole.store.path)) {
      expect(bytesIn(folder, name).equals(bytesIn(whole.store.path, name)), name).toBe(true)
    }
    expect(readdirSync(folder).sort()).toEqual(readdirSync(whole.store.path).sort())
  })

  it('and the whole lock each other out', async () => {
    const made = smallScreen()
    const wanted = order(made)
    await makeStore(made.screen, wanted, recorder())
    const lock = (name: string) => Lock.take(join(wanted.store.path, name), 'a test', 'store')
    {
      using _whole = lock('.lock')
      await expect(
        makeStore(made.screen, wanted, recorder(), { index: 0, count: 2 }),
      ).rejects.toBeInstanceOf(RunDirectoryError)
    }
    using _shard = lock('.lock.1-of-2')
    await expect(makeStore(made.screen, wanted, recorder())).rejects.toThrow(/in use by another/)
    const first = await makeStore(made.screen, wanted, recorder(), { index: 0, count: 2 })
    expect(first.status).toBe('already done')
  })
})
