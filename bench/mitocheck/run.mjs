import fs from 'node:fs'
import os from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../../scripts/setup/paths.mjs'
import { requirePeers } from '../../scripts/setup/peers.mjs'
import { capture } from '../lib/capture.mjs'
import { compare, publish } from '../lib/report.mjs'

/**
 * Trains EfficientNet-B0 from scratch on MitoCheck, ours and stock PyTorch in turn, once a seed.
 * The seconds are those of the whole way: from the image files to the figures of the test fold.
 * Ours counts three processes with their start; the peer's does not count its imports. Both compute
 * with the same number of threads.
 *
 * @typedef {{ accuracy: number, balancedAccuracy: number, seconds: number }} Figures
 */

/** The recipe's; a bench with less of either is printed, but not kept. */
const whole = { seeds: 2, epochs: 40 }

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    seeds: { type: 'string', default: String(whole.seeds) },
    epochs: { type: 'string', default: String(whole.epochs) },
    threads: { type: 'string', default: String(os.availableParallelism()) },
    resume: { type: 'boolean', default: false },
  },
})
const settings = {
  seeds: wholeNumber('seeds', values.seeds),
  epochs: wholeNumber('epochs', values.epochs),
  threads: wholeNumber('threads', values.threads),
}
const work = join(root, '.cache/bench/mitocheck')
const data = resolve(root, process.env.PHENOPRINT_DATA || '../shared/data')

/**
 * @param {number} seed
 * @returns {Promise<Figures>}
 */
async function trainOurs(seed) {
  const run = join(work, `seed-${seed}`)
  fs.rmSync(run, { recursive: true, force: true })
  const shared = [
    `screen.folder=${join(data, 'mitocheck')}`,
    `store.path=${join(run, 'store')}`,
    `seed=${seed}`,
  ]
  /**
   * @param {string} verb
   * @param {string[]} set
   */
  const stage = (verb, ...set) =>
    capture(process.execPath, [
      join(root, 'packages/cli/bin/phenoprint.js'),
      verb,
      '-y',
      join(root, `configs/mitocheck/${verb}.yml`),
      ...[...shared, ...set].flatMap((setting) => ['--set', setting]),
      '--quiet',
    ])
  const began = performance.now()
  await stage('preprocess')
  await stage(
    'train',
    `output=${join(run, 'train')}`,
    `training.epochs=${settings.epochs}`,
    `training.threads=${settings.threads}`,
  )
  await stage(
    'infer',
    `output=${join(run, 'infer')}`,
    `prediction.from=${join(run, 'train')}`,
    'prediction.splits=[test]',
    `prediction.threads=${settings.threads}`,
  )
  const seconds = (performance.now() - began) / 1000
  const { test } = JSON.parse(fs.readFileSync(join(run, 'infer/metrics.json'), 'utf8'))
  const { accuracy, balancedAccuracy } = test.overall
  return { accuracy, balancedAccuracy, seconds }
}

/**
 * @param {string} python
 * @param {number} seed
 * @returns {Promise<Figures>}
 */
async function trainPeer(python, seed) {
  const script = join(root, 'bench/mitocheck/peer.py')
  const printed = await capture(python, [
    script,
    join(data, 'mitocheck'),
    ...['--seed', String(seed), '--epochs', String(settings.epochs)],
    ...['--threads', String(settings.threads)],
  ])
  return JSON.parse(printed)
}

/**
 * @param {string} option
 * @param {string} value
 */
function wholeNumber(option, value) {
  if (/^[1-9]\d*$/.test(value)) return Number(value)
  console.error(`--${option} ${value}: expected a whole number of at least 1.`)
  process.exit(2)
}

/**
 * With --resume, what a stopped bench has already measured is taken from its folder.
 *
 * @param {string} name
 * @param {() => Promise<Figures>} measure
 * @returns {Promise<Figures>}
 */
async function once(name, measure) {
  const path = join(work, `${name}.json`)
  if (values.resume && fs.existsSync(path)) return JSON.parse(fs.readFileSync(path, 'utf8'))
  const figures = await measure()
  fs.mkdirSync(work, { recursive: true })
  fs.writeFileSync(path, JSON.stringify(figures))
  process.stderr.write(`${name}: ${JSON.stringify(figures)}\n`)
  return figures
}

if (!fs.existsSync(join(data, 'mitocheck/manifest.csv'))) {
  console.error(
    `There is no MitoCheck at ${join(data, 'mitocheck')}. Name its parent with PHENOPRINT_DATA.`,
  )
  process.exit(3)
}
const python = await requirePeers()
/** @type {Figures[]} */
const ours = []
/** @type {Figures[]} */
const peer = []
for (let seed = 1; seed <= settings.seeds; seed++) {
  const name = `seed-${seed}-epochs-${settings.epochs}-threads-${settings.threads}`
  ours.push(await once(`ours-${name}`, () => trainOurs(seed)))
  peer.push(await once(`peer-${name}`, () => trainPeer(python, seed)))
}

/**
 * @param {keyof Figures} name
 * @param {'lower' | 'higher'} better
 */
const figuresOf = (name, better) =>
  compare({
    bench: 'mitocheck',
    cases: { [name]: { ours: ours.map((run) => run[name]), peer: peer.map((run) => run[name]) } },
    unit: 'share of test cells; seconds',
    better,
  })
const parts = [
  figuresOf('seconds', 'lower'),
  figuresOf('accuracy', 'higher'),
  figuresOf('balancedAccuracy', 'higher'),
]
/** @param {'ratio' | 'ours' | 'peer' | 'oursMin' | 'peerMin'} key */
const merged = (key) => Object.assign({}, ...parts.map((part) => part[key]))
const result = {
  ...parts[0],
  settings,
  ratio: merged('ratio'),
  ours: merged('ours'),
  peer: merged('peer'),
  oursMin: merged('oursMin'),
  peerMin: merged('peerMin'),
}
publish(result, { keep: settings.seeds >= whole.seeds && settings.epochs === whole.epochs })
