import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../../scripts/setup/paths.mjs'
import { machineFacts, ownVersions } from '../lib/machine.mjs'
import { publish } from '../lib/report.mjs'
import { median, rounded } from '../lib/statistics.mjs'
import { fullLayout } from './full-layout.mjs'

/** There is no peer: nothing else opens such a store, and the limits are those of patience. */

const runs = 5
const store = await fullLayout(join(root, '.cache/bench/open'))
const recipe = join(root, 'configs/rxrx1/train.yml')
const measured = Array.from({ length: runs + 1 }, () => {
  const script = join(root, 'bench/open/ours.mjs')
  const printed = execFileSync(process.execPath, [script, store, recipe], { encoding: 'utf8' })
  return JSON.parse(printed)
}).slice(1) // the first is a warm-up
const figures = ['open', 'first batch', 'resident MiB']
const of = (/** @type {(values: number[]) => number} */ pick) =>
  Object.fromEntries(figures.map((name, i) => [name, rounded(pick(measured.map((run) => run[i])))]))
publish({
  bench: 'open',
  ratio: {},
  ours: of(median),
  peer: {},
  oursMin: of((values) => Math.min(...values)),
  unit: 's',
  runs,
  machine: machineFacts(),
  versions: ownVersions(),
})
