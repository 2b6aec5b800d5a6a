import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { noGrad, setThreads } from '@phenoprint/torch'
import { parse } from 'csv-parse/sync'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { assign } from '../assignment/assign.js'
import { configSchema } from '../config/config.js'
import { ensemble } from '../ensemble/ensemble.js'
import { loadNetwork, saveCheckpoint } from '../models/checkpoint.js'
import { checkpointFile } from '../models/checkpoint-path.js'
import { infer } from '../prediction/infer.js'
import { readPredictions } from '../prediction/unit-predictions.js'
import { silentReporter } from '../run/reporter.js'
import { simulate } from '../simulate/simulate.js'
import { preprocess } from '../store/preprocess.js'
import { temporaryFolder } from '../testing/folder.js'
import { train } from '../training/train.js'
import { pseudoLabel } from './pseudo-label.js'

/** Treatments of the screen; its controls are three further classes. */
const treatments = 8

function rowsOf(path: string): Record<string, string>[] {
  return z
    .array(z.record(z.string(), z.string()))
    .parse(parse(readFileSync(path), { columns: true }))
}

/** Makes a network of a run prefer the classes of controls to all others, whatever it is shown. */
function preferControls(run: string) {
  const { network, description, config } = loadNetwork(run, 'last')
  expect(description.classes).toBe(treatments + 3)
  const bias = network.stateDict().get('classifier.bias')
  if (bias === undefined) throw new Error('the network has no classifier.bias')
  noGrad(() => bias.narrow(0, treatments, 3).fill_(1000))
  const state = { description, config, epoch: 1, trainingLoss: null, validation: null }
  saveCheckpoint(checkpointFile(run, 'last'), network, state)
  network.dispose()
}

it('never calls a well a control: in infer, ensemble, assign and pseudo-label', async () => {
  setThreads(1)
  const folder = temporaryFolder()
  const at = (name: string) => join(folder, name)
  const configOf = (name: string, rest: object) =>
    configSchema.parse({
      output: at(name),
      screen: {
        reader: 'rxrx1',
        name: 'synthetic',
        folder: at('screen'),
        answers: 'test_answers.csv',
      },
      store: { path: at('store'), tile: [64, 64] },
      split: { validation: { HUVEC: ['HUVEC-03'] } },
      ...rest,
    })
  const layout = { plates: 2, rows: 3, columns: 3, sites: 2, classes: treatments, groups: 2 }
  const simulation = {
    ...{ folder: at('screen'), image: { size: 64, pixelSize: 2.6 } },
    layout: { ...layout, controls: { negative: 1, positive: 2 } },
    cellTypes: { HUVEC: { train: 3, test: 1 } },
  }
  await simulate(configOf('simulate', { simulation }), silentReporter)
  await preprocess(configOf('preprocess', {}), silentReporter)
  for (const seed of [1, 2]) {
    const training = { epochs: 1, batchSize: 10, threads: 1 }
    const run = configOf(`train-${seed}`, { seed, training, batches: { controls: 'all' } })
    await train(run, silentReporter)
    preferControls(at(`train-${seed}`))
    const prediction = { from: at(`train-${seed}`), checkpoint: 'last', threads: 1 }
    const splits = ['validation', 'test']
    await infer(
      configOf(`infer-${seed}`, { prediction: { ...prediction, splits } }),
      silentReporter,
    )
  }
  const from = [at('infer-1'), at('infer-2')]
  const members = { default: from.map((run) => ({ run })) }
  await ensemble(
    configOf('ensemble', { ensemble: { members, splits: ['validation', 'test'] } }),
    silentReporter,
  )

  for (const run of ['infer-1', 'infer-2', 'ensemble']) {
    for (const split of ['validation', 'test']) {
      const { header, logits } = await readPredictions(at(`${run}/predictions/${split}.parquet`))
      expect(header.classes, run).toBe(treatments)
      expect(logits.data.length).toBe(8 * treatments)
      expect(Math.max(...logits.data)).toBeLessThan(500)
    }
  }

  const assignment = { from: at('ensemble'), groups: { order: 'rotation' }, oneToOne: 'plate' }
  const assigned = await assign(configOf('assign', { assignment }), silentReporter)
  const tables = assigned.files.filter((file) => file.endsWith('.csv'))
  expect(tables.length).toBeGreaterThan(0)
  const labelled = await pseudoLabel(
    configOf('labels', { pseudoLabels: { from, rule: 'share', share: 1 }, assignment }),
    silentReporter,
  )
  const table = labelled.files.find((file) => file.endsWith('.csv')) ?? ''
  const labels = rowsOf(table).map(({ label }) => Number(label))
  expect(labels).toHaveLength(8)
  for (const label of labels) expect(label).toBeLessThan(treatments)
  // One to one within the four classes of each plate: all of them are called, and none twice.
  expect([...labels].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  for (const row of tables.flatMap(rowsOf)) {
    for (const [column, value] of Object.entries(row)) {
      if (/^(label|call|class|sirna)$/.test(column)) expect(Number(value)).toBeLessThan(treatments)
    }
  }
  rmSync(at('store'), { recursive: true })
}, 180_000)
