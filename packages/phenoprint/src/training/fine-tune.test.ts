import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { CheckpointError, ConfigError, EarlierRunError, InterruptedError } from '../errors.js'
import { loadNetwork } from '../models/checkpoint.js'
import { checkpointFile } from '../models/checkpoint-path.js'
import type { Reporter } from '../run/reporter.js'
import { recorder } from '../store/small-screen.test.support.js'
import { temporaryFolder } from '../testing/folder.js'
import { fineTune } from './fine-tune.js'
import { killAfter } from './killed-run.test.support.js'
import { bytesIn, eventsOf, smallConfig, smallStore } from './small-run.test.support.js'
import { train } from './train.js'

let store = ''
let overall = ''
beforeAll(async () => {
  store = await smallStore()
  overall = join(store, '..', 'overall')
  await train(smallConfig(store, overall, { epochs: 3 }), recorder())
})

const newRun = () => join(temporaryFolder(), 'run')
const constant = (learningRate: number) => ({
  optimiser: { name: 'adam', learningRate },
  schedule: { name: 'constant' },
})

function config(run: string, training: Record<string, unknown> = {}, cellTypes: unknown = 'each') {
  return smallConfig(store, run, training, { fineTune: { from: overall, cellTypes } })
}

function weights(run: string, choice: 'best' | 'last' | 'bestByCellType', cellType: string) {
  const { network } = loadNetwork(run, choice, cellType)
  const values = network.stateDict().get('conv_stem.weight')?.toNumbers() ?? []
  network.dispose()
  return values
}

describe('fine-tune', () => {
  it("makes a network of each cell type from that type's best epoch, on its units alone", async () => {
    const run = newRun()
    const reporter = recorder()
    const result = await fineTune(config(run, { epochs: 1, ...constant(1e-30) }), reporter)
    expect(result.status).toBe('done')
    for (const cellType of ['HeLa', 'U2OS']) {
      // So small a rate moves nothing: what it ends with is what it started from.
      expect(weights(run, 'last', cellType)).toEqual(weights(overall, 'bestByCellType', cellType))
      const metrics = JSON.parse(readFileSync(join(run, cellType, 'metrics.json'), 'utf8'))
      expect(metrics.best.metrics.overall.count).toBe(5)
      expect(Object.keys(metrics.bestByCellType)).toEqual([cellType])
      expect(readdirSync(join(run, cellType, 'checkpoints')).sort()).toContain('best.safetensors')
      const start = new RegExp(`^${cellType}: starts from epoch \\d of `)
      expect(reporter.lines.some((line) => start.test(line))).toBe(true)
    }
    expect(
      reporter.lines.filter((line) => line.includes('Trains on 10 sites of 5 units')),
    ).toHaveLength(2)
    expect(eventsOf(run).map((event) => event.cellType)).toEqual(['HeLa', 'U2OS'])
    for (const file of result.files) expect(existsSync(file)).toBe(true)
    expect(result.figures).toMatchObject({
      byCellType: { HeLa: { epochs: 1 }, U2OS: { epochs: 1 } },
    })
  })

  it('really uses the new learning rate', async () => {
    const run = newRun()
    await fineTune(config(run, { epochs: 1, ...constant(2.5e-4) }, ['U2OS']), recorder())
    expect(eventsOf(run).map((event) => event.learningRate)).toEqual([2.5e-4])
    expect(weights(run, 'last', 'U2OS')).not.toEqual(weights(overall, 'bestByCellType', 'U2OS'))
    expect(existsSync(join(run, 'HeLa'))).toBe(false)
  })

  it('killed in each of its parts and run again, ends with the same bytes', async () => {
    const undisturbed = newRun()
    await fineTune(config(undisturbed), recorder())
    const run = newRun()
    const wanted = config(run, { checkpointMinutes: 1e-6 })
    const inFirst = 3 + Math.floor(Math.random() * 14)
    expect(await killAfter(inFirst, 'fine-tune', wanted)).toBe(true)
    expect(await killAfter(24, 'fine-tune', wanted)).toBe(true)
    await fineTune(wanted, recorder())
    for (const name of [
      'HeLa/checkpoints/last',
      'U2OS/checkpoints/last',
      'U2OS/checkpoints/best',
    ]) {
      const bytes = bytesIn(undisturbed, `${name}.safetensors`)
      expect(bytesIn(run, `${name}.safetensors`).equals(bytes), `${name}, ${inFirst}`).toBe(true)
    }
    expect(eventsOf(run)).toEqual(eventsOf(undisturbed))
    expect(existsSync(checkpointFile(join(run, 'U2OS'), 'resume'))).toBe(false)
  })

  it('says what is wrong with the cell types', async () => {
    const attempt = fineTune(config(newRun(), {}, ['hela']), recorder())
    await expect(attempt).rejects.toBeInstanceOf(ConfigError)
    await expect(attempt).rejects.toThrow(/got "hela".*HeLa, U2OS. Did you mean HeLa\?/)
  })

  it('needs a finished run to start from, of the same architecture', async () => {
    const missing = smallConfig(store, newRun(), {}, { fineTune: { from: newRun() } })
    await expect(fineTune(missing, recorder())).rejects.toBeInstanceOf(EarlierRunError)
    const other = smallConfig(
      store,
      newRun(),
      {},
      { fineTune: { from: overall }, model: { architecture: 'efficientnet-b1' } },
    )
    const attempt = fineTune(other, recorder())
    await expect(attempt).rejects.toBeInstanceOf(CheckpointError)
    await expect(attempt).rejects.toThrow(/got efficientnet-b0, expected efficientnet-b1/)
  })

  it('stops when it is told to, between cell types too', async () => {
    const controller = new AbortController()
    const reporter: Reporter = {
      ...recorder(controller.signal),
      say: (line) => {
        if (!line.startsWith('U2OS: starts')) return
        controller.abort(new InterruptedError('stopped by the test', 143))
      },
    }
    const run = newRun()
    const attempt = fineTune(config(run), reporter)
    await expect(attempt).rejects.toMatchObject({ _tag: 'InterruptedError', exitCode: 143 })
    expect(existsSync(join(run, 'HeLa', 'metrics.json'))).toBe(true)
    expect(existsSync(join(run, 'U2OS', 'metrics.json'))).toBe(false)
  })

  it('says when it validates on units that the overall run was trained on', async () => {
    const reporter = recorder()
    const swapped = smallConfig(
      store,
      newRun(),
      { epochs: 1 },
      {
        fineTune: { from: overall, cellTypes: ['HeLa'] },
        split: { validation: { HeLa: ['E1'], U2OS: ['E2'] } },
      },
    )
    await fineTune(swapped, reporter)
    expect(reporter.lines.join('\n')).toContain('trained on 10 of the 10 validation units')
  })
})
