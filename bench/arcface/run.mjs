import fs from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { accuracyCurves } from '@phenoprint/phenoprint/plots'
import { writeWhole } from '../../scripts/setup/files.mjs'
import { cacheFolder, root } from '../../scripts/setup/paths.mjs'
import { EnoughRun, Experiments } from '../lib/experiments.mjs'
import { Ledger } from '../lib/ledger.mjs'
import { machineFacts, ownVersions } from '../lib/machine.mjs'
import { requireMitocheck } from '../lib/mitocheck.mjs'
import { publish } from '../lib/report.mjs'
import { rounded } from '../lib/statistics.mjs'
import { readCurve } from './curves.mjs'
import { arcfacePage, standings } from './summary.mjs'
import { mitocheckWays, syntheticWays, wayNames } from './ways.mjs'

/** Measures ArcFace in each way on validation units, beside softmax. It goes on where it was stopped. */
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '3' },
    limit: { type: 'string' },
  },
})
const seeds = Array.from({ length: wholeNumber('seeds', values.seeds, 1) }, (_, at) => at + 1)
requireMitocheck()
let left =
  values.limit === undefined ? Number.POSITIVE_INFINITY : wholeNumber('limit', values.limit, 0)

const ledger = new Ledger(join(root, 'bench/results/steps/arcface.json'))
/** The work folders are those of the benches that train the same networks. */
const screens = [
  { screen: 'MitoCheck', ways: mitocheckWays, work: 'mitocheck-setting' },
  { screen: 'synthetic', ways: syntheticWays, work: 'claims' },
]
/** @type {import('./summary.mjs').Figures[]} */
const figures = []
/** @type {Map<string, import('@phenoprint/phenoprint/plots').CurvePoint[]>} */
const curves = new Map()
let whole = true
for (const { screen, ways, work } of screens) {
  const experiments = new Experiments(join(cacheFolder(), 'bench', work), { most: left, ledger })
  for (const way of wayNames) {
    const accuracies = []
    for (const seed of seeds) {
      const found = ways(seed)[way]
      if (found === undefined) continue
      try {
        const { accuracy, curve } = await experiments.measure(found.calls, (folder) => ({
          accuracy: readAccuracy(folder),
          curve: readCurve(experiments.folder(found.training), way),
        }))
        accuracies.push(accuracy)
        if (seed === 1) curves.set(screen, [...(curves.get(screen) ?? []), ...curve])
      } catch (error) {
        if (!(error instanceof EnoughRun)) throw error
        whole = false
      }
    }
    if (accuracies.length > 0) figures.push({ screen, way, accuracies })
  }
  left = Math.max(0, experiments.left)
}

const found = standings(figures)
const keep = whole && seeds.length >= 3
/** @param {(one: import('./summary.mjs').Standing) => number} figure */
const each = (figure) =>
  Object.fromEntries(found.map((one) => [`${one.screen}: ${one.way}`, rounded(figure(one))]))
publish(
  {
    bench: 'arcface',
    ratio: each(({ mean, difference }) => mean / (mean - difference)),
    ours: each(({ mean }) => mean),
    peer: each(({ mean, difference }) => mean - difference),
    unit: 'share of validation units',
    runs: seeds.length,
    machine: machineFacts(),
    versions: ownVersions(),
    ...{ ways: found },
  },
  { keep },
)
const pictures = [...curves].map(([screen, points]) => ({
  name: `arcface-${screen.toLowerCase()}.svg`,
  svg: accuracyCurves(points, screen),
}))
const page = arcfacePage(
  found,
  pictures.map(({ name }) => name),
)
if (keep) {
  for (const { name, svg } of pictures) writeWhole(join(root, 'docs/pictures', name), svg)
  writeWhole(join(root, 'docs/arcface.md'), page)
}
process.stderr.write(`${page.match(/^\|.*$/gm)?.join('\n')}\n`)
if (!whole) process.stderr.write('Not all was run: the same command goes on.\n')

/** @param {string} folder run directory of infer. @returns {number} of validation units. */
function readAccuracy(folder) {
  const metrics = JSON.parse(fs.readFileSync(join(folder, 'metrics.json'), 'utf8'))
  return metrics.validation.overall.accuracy
}

/**
 * @param {string} option
 * @param {string} value
 * @param {number} least
 */
function wholeNumber(option, value, least) {
  if (/^\d+$/.test(value) && Number(value) >= least) return Number(value)
  console.error(`--${option} ${value}: expected a whole number of at least ${least}.`)
  process.exit(2)
}
