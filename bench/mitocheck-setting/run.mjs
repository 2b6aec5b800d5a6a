import fs from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cacheFolder, root } from '../../scripts/setup/paths.mjs'
import { requirePeers } from '../../scripts/setup/peers.mjs'
import { capture } from '../lib/capture.mjs'
import { EnoughRun, Experiments } from '../lib/experiments.mjs'
import { Ledger } from '../lib/ledger.mjs'
import {
  callMitocheck,
  mitocheckData,
  requireMitocheck,
  trainMitocheck,
} from '../lib/mitocheck.mjs'
import { compare, publish } from '../lib/report.mjs'
import { candidates } from './candidates.mjs'
import { logChoice } from './choose.mjs'

/**
 * Chooses a setting on fold 1 of MitoCheck, and with --test measures it on fold 0, beside the peer of the
 * mitocheck bench at the same seeds. Without --test no call of fold 0 is made. It goes on where it was stopped.
 */
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    test: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '3' },
    only: { type: 'string' },
    limit: { type: 'string' },
  },
})
const seeds = Array.from({ length: wholeNumber('seeds', values.seeds, 1) }, (_, at) => at + 1)
if (values.only !== undefined && !(values.only in candidates)) {
  console.error(`--only ${values.only}: one of ${Object.keys(candidates).join('; ')}.`)
  process.exit(2)
}
requireMitocheck()
const work = join(cacheFolder(), 'bench/mitocheck-setting')
const ledger = new Ledger(join(root, 'bench/results/steps/mitocheck-setting.json'))
const experiments = new Experiments(work, {
  ledger,
  most: values.limit === undefined ? undefined : wholeNumber('limit', values.limit, 0),
})

/**
 * @param {string} candidate
 * @param {number} seed
 * @param {'validation' | 'test'} split
 * @returns {Promise<{ accuracy: number, balancedAccuracy: number }>}
 */
async function figuresOf(candidate, seed, split) {
  const calls = callMitocheck(trainMitocheck(seed, candidates[candidate]), split)
  return experiments.measure(calls, (folder) => {
    const metrics = JSON.parse(fs.readFileSync(join(folder, 'metrics.json'), 'utf8'))
    const { accuracy, balancedAccuracy } = metrics[split].overall
    return { accuracy, balancedAccuracy }
  })
}

/** @returns {Promise<Record<string, number[]>>} */
async function validate() {
  /** @type {Record<string, number[]>} */
  const found = {}
  let whole = true
  for (const seed of seeds) {
    for (const name of Object.keys(candidates)) {
      if (values.only !== undefined && name !== values.only) continue
      try {
        const { accuracy } = await figuresOf(name, seed, 'validation')
        found[name] = [...(found[name] ?? []), accuracy]
      } catch (error) {
        if (!(error instanceof EnoughRun)) throw error
        whole = false
      }
    }
  }
  for (const [name, figures] of Object.entries(found)) {
    process.stderr.write(`fold 1, ${name}: ${figures.map((one) => one.toFixed(4)).join(' ')}\n`)
  }
  if (!whole) {
    process.stderr.write('Not all was run: the same command goes on.\n')
    process.exit(0)
  }
  return found
}

/**
 * @param {string} python
 * @param {number} seed
 * @returns {Promise<{ accuracy: number, balancedAccuracy: number }>}
 */
async function peerFigures(python, seed) {
  const key = `peer-${seed}`
  if (ledger.find(key) === null) {
    const script = join(root, 'bench/mitocheck/peer.py')
    const args = [script, join(mitocheckData, 'mitocheck'), '--seed', String(seed)]
    ledger.keep(key, { figures: JSON.parse(await capture(python, args)) })
  }
  return /** @type {{ accuracy: number, balancedAccuracy: number }} */ (ledger.find(key)?.figures)
}

const validation = await validate()
if (values.test) {
  if (values.only !== undefined) {
    console.error('--test: fold 0 is for the chosen setting; leave --only out.')
    process.exit(2)
  }
  const { chosen } = logChoice(
    join(root, 'bench/results/mitocheck-setting-choice.json'),
    validation,
  )
  const python = await requirePeers()
  const ours = []
  const peer = []
  for (const seed of seeds) {
    ours.push(await figuresOf(chosen, seed, 'test'))
    peer.push(await peerFigures(python, seed))
  }
  /** @param {{ accuracy: number, balancedAccuracy: number }[]} runs */
  const means = (runs) => ({
    accuracy: mean(runs.map(({ accuracy }) => accuracy)),
    balancedAccuracy: mean(runs.map(({ balancedAccuracy }) => balancedAccuracy)),
  })
  process.stderr.write(
    `${chosen}: mean of ${seeds.length} seeds ${JSON.stringify(means(ours))}, peer ${JSON.stringify(means(peer))}\n`,
  )
  const result = compare({
    bench: 'mitocheck-setting',
    cases: {
      accuracy: {
        ours: ours.map(({ accuracy }) => accuracy),
        peer: peer.map(({ accuracy }) => accuracy),
      },
      balancedAccuracy: {
        ours: ours.map(({ balancedAccuracy }) => balancedAccuracy),
        peer: peer.map(({ balancedAccuracy }) => balancedAccuracy),
      },
    },
    unit: 'share of test cells',
    better: 'higher',
  })
  publish(
    { ...result, ...{ chosen, means: { ours: means(ours), peer: means(peer) } } },
    { keep: seeds.length >= 3 },
  )
}

/** @param {number[]} figures */
function mean(figures) {
  return figures.reduce((sum, figure) => sum + figure, 0) / figures.length
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
