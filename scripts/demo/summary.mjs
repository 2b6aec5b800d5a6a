import fs from 'node:fs'
import { join } from 'node:path'
import {
  bootstrapMean,
  linearBaseline,
  loadConfig,
  readPredictions,
  requireSection,
  Store,
  splitScreen,
} from '@phenoprint/phenoprint'
import { root } from '../setup/paths.mjs'

/**
 * Reads what the demo's stages wrote, prints how often each model names the right treatment on
 * experiments that training never saw, and exits with 1 when the ensemble misses a figure.
 *
 * @typedef {{ name: string, cellTypes: string[], experiments: string[], right: number[] }} Calls
 *   one entry a test well; `right` is 1 or 0.
 */

const leastTimesChance = 5
const leastLowerBound = 3

/** @param {string} name @param {string} run @returns {Promise<Calls>} */
async function callsOf(name, run) {
  const { rows, logits } = await readPredictions(join(root, run, 'predictions/test.parquet'))
  return {
    name,
    cellTypes: rows.map((row) => row.cellType),
    experiments: rows.map((row) => row.experiment),
    right: rows.map((row, i) => (mostLikely(logits, i) === row.label ? 1 : 0)),
  }
}

/**
 * The linear model on per-channel means and variances, on the same wells.
 *
 * @param {string} name
 * @returns {Promise<Calls>}
 */
async function linearCalls(name) {
  const config = loadConfig(join(root, 'configs/demo/train.yml'))
  const { path } = requireSection(config, 'store', 'demo')
  const store = await Store.open(join(root, path))
  const { screen } = store
  const { train, test } = splitScreen(screen, config.split)
  const logits = linearBaseline(screen, (site) => store.statistics(site), train, test)
  store.close()
  const plates = test.map((unit) => screen.plates[screen.units[unit].plate])
  return {
    name,
    cellTypes: plates.map((plate) => plate.cellType),
    experiments: plates.map((plate) => plate.experiment),
    right: test.map((unit, i) => (mostLikely(logits, i) === screen.units[unit].label ? 1 : 0)),
  }
}

/** @param {import('@phenoprint/phenoprint').Matrix} logits @param {number} row */
function mostLikely({ data, columns }, row) {
  const scores = data.subarray(row * columns, (row + 1) * columns)
  return scores.indexOf(Math.max(...scores))
}

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(1)} %`

/** @param {Calls} calls @param {string} [cellType] */
function accuracy({ right, cellTypes }, cellType) {
  const chosen = right.filter((_, i) => cellType === undefined || cellTypes[i] === cellType)
  return chosen.reduce((sum, one) => sum + one, 0) / chosen.length
}

/**
 * Accuracies after a step of `assign`, over all wells and by cell type.
 *
 * @param {string} step
 * @param {string[]} cellTypes
 * @returns {number[]}
 */
function accuraciesAfter(step, cellTypes) {
  const path = join(root, 'runs/demo/assign/metrics.json')
  const { steps } = JSON.parse(fs.readFileSync(path, 'utf8')).test
  const { overall, byCellType } = steps.find(
    (/** @type {{ name: string }} */ { name }) => name === step,
  )
  return [overall, ...cellTypes.map((cellType) => byCellType[cellType])].map((of) => of.accuracy)
}

/** @param {Calls[]} models */
function table(models) {
  const cellTypes = [...new Set(models[0].cellTypes)].sort()
  const rows = [
    ['', 'all wells', ...cellTypes],
    ...models.map((calls) => [
      calls.name,
      percent(accuracy(calls)),
      ...cellTypes.map((cellType) => percent(accuracy(calls, cellType))),
    ]),
    ["  among its plate's group", ...accuraciesAfter('restricted', cellTypes).map(percent)],
    ['  and each class once', ...accuraciesAfter('assigned', cellTypes).map(percent)],
  ]
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  '))
    .join('\n')
}

const { header } = await readPredictions(join(root, 'runs/demo/ensemble/predictions/test.parquet'))
const chance = 1 / header.classes
const linear = await linearCalls('linear model on intensities')
const ensemble = await callsOf('ensemble of both', 'runs/demo/ensemble')
const interval = bootstrapMean(ensemble.right, ensemble.experiments)

console.log(`
Accuracy on ${ensemble.right.length} wells of experiments unseen in training (synthetic screen, ${header.classes} treatments, chance ${percent(chance)}):

${table([
  linear,
  await callsOf('one network for all', 'runs/demo/infer'),
  await callsOf('one network a cell type', 'runs/demo/infer-fine-tuned'),
  ensemble,
])}
`)

const demands = [
  {
    asks: `ensemble at least ${leastTimesChance} x chance (${percent(leastTimesChance * chance)})`,
    got: interval.mean,
    met: interval.mean >= leastTimesChance * chance,
  },
  {
    asks: `its lower 95 % bound, wells drawn again within each experiment, above ${leastLowerBound} x chance (${percent(leastLowerBound * chance)})`,
    got: interval.lower,
    met: interval.lower > leastLowerBound * chance,
  },
  {
    asks: `ensemble above the linear model (${percent(accuracy(linear))})`,
    got: interval.mean,
    met: interval.mean > accuracy(linear),
  },
]
for (const { asks, got, met } of demands) {
  console.log(`${met ? 'met   ' : 'MISSED'}  ${asks}: ${percent(got)}`)
}
console.log(`
Look at
  runs/demo/assign/report.html      all of it on one page: open it in a browser
  runs/demo/assign/calls.csv        each well's call, its probability, the runner-up, and flags
  runs/demo/assign/plates.csv       which group of treatments each plate was found to hold
  runs/demo/evaluate/evaluation.csv what each step adds, with intervals, by cell type, experiment and plate
  runs/demo/choose/front.svg        score against diversity of every choice of networks, and two picks
  runs/demo/embed/embeddings.parquet each well as a vector, as pycytominer reads profiles
  runs/demo/explain/pictures        which pixels and channels speak for some of the calls
  runs/demo/ensemble/metrics.json   accuracy, loss and calibration, overall and by cell type
  runs/demo/train/events.jsonl      how training went, epoch by epoch
  stores/demo                       the pixels as OME-Zarr, one file a plate
  screens/demo                      the synthetic images and tables
and at configs/demo for what to change.`)
process.exitCode = demands.every(({ met }) => met) ? 0 : 1
