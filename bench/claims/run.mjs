import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeWhole } from '../../scripts/setup/files.mjs'
import { cacheFolder, root } from '../../scripts/setup/paths.mjs'
import { EnoughRun, Experiments } from '../lib/experiments.mjs'
import { Ledger } from '../lib/ledger.mjs'
import { machineFacts, ownVersions } from '../lib/machine.mjs'
import { publish } from '../lib/report.mjs'
import { rounded } from '../lib/statistics.mjs'
import { armsOf } from './arms.mjs'
import { claims } from './claims.mjs'
import { compareArms, fewestSeeds } from './compare-arms.mjs'
import { measureArm } from './measure-arm.mjs'
import { claimsPage } from './table.mjs'

/**
 * Tries the lessons of the reference solutions on the synthetic screen. What is finished stays in
 * `.cache/bench/claims` and its figures in `bench/results/steps/claims.json`, so the bench may be stopped at
 * any moment and goes on when it is run again.
 */
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    seeds: { type: 'string', default: String(fewestSeeds) },
    limit: { type: 'string' },
  },
})
const seeds = wholeNumber('seeds', values.seeds, 1)
const chosen = claims.filter(({ name }) => values.only === undefined || name === values.only)
if (chosen.length === 0) {
  console.error(`--only ${values.only}: one of ${claims.map(({ name }) => name).join(', ')}.`)
  process.exit(2)
}
const experiments = new Experiments(join(cacheFolder(), 'bench/claims'), {
  most: values.limit === undefined ? undefined : wholeNumber('limit', values.limit, 0),
  ledger: new Ledger(join(root, 'bench/results/steps/claims.json')),
  scripts: { shrink: join(root, 'bench/claims/shrink.mjs') },
})

/** @type {Map<string, import('../lib/experiments.mjs').Finished>} */
const steps = new Map()
let whole = true
const results = []
for (const claim of chosen) {
  const comparisons = []
  for (const comparison of claim.comparisons) {
    const pairs = []
    for (let seed = 1; seed <= seeds; seed++) {
      const arms = armsOf(seed, seeds)
      try {
        const arm = await measureArm(experiments, arms[comparison.arm], steps)
        const against = await measureArm(experiments, arms[comparison.against], steps)
        pairs.push({ arm, against })
      } catch (error) {
        if (!(error instanceof EnoughRun)) throw error
        whole = false
      }
    }
    if (pairs.length > 0) comparisons.push(compareArms(comparison, pairs))
  }
  if (comparisons.length > 0) {
    results.push({ name: claim.name, lesson: claim.lesson, comparisons })
  }
}

const taken = [...steps.values()]
const result = {
  claims: results,
  longest: Math.max(0, ...taken.map((step) => step.seconds)),
  seconds: taken.reduce((sum, step) => sum + step.seconds, 0),
}
const compared = results.flatMap(({ comparisons }) => comparisons)
/** @param {(one: import('./compare-arms.mjs').Compared) => number} figure */
const each = (figure) =>
  Object.fromEntries(compared.map((one) => [`${one.arm} / ${one.against}`, rounded(figure(one))]))
const keep = values.only === undefined && seeds >= fewestSeeds
publish(
  {
    bench: 'claims',
    ratio: each(({ accuracy }) => accuracy.arm / accuracy.against),
    ours: each(({ accuracy }) => accuracy.arm),
    peer: each(({ accuracy }) => accuracy.against),
    unit: 'share of test wells',
    runs: seeds,
    machine: machineFacts(),
    versions: ownVersions(),
    ...result,
  },
  { keep },
)
process.stderr.write(
  `${claimsPage(result)
    .match(/^\|.*$/gm)
    ?.join('\n')}\n`,
)
if (keep) writeWhole(join(root, 'docs/claims.md'), claimsPage(result))
if (!whole) process.stderr.write('Not all was run: the same command goes on.\n')

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
