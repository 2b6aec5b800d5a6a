import fs from 'node:fs'
import { join } from 'node:path'
import { writeWhole } from '../../scripts/setup/files.mjs'
import { root } from '../../scripts/setup/paths.mjs'
import { machineFacts, ownVersions } from './machine.mjs'
import { median, ratio, rounded } from './statistics.mjs'

/**
 * One bench's result, as programs read it.
 *
 * @typedef {object} BenchResult
 * @property {string} bench
 * @property {Record<string, number>} ratio above 1: ours is better by that factor.
 * @property {Record<string, number>} ours the median of each case, in `unit`.
 * @property {Record<string, number>} peer
 * @property {Record<string, number>} [oursMin]
 * @property {Record<string, number>} [peerMin]
 * @property {string} unit
 * @property {number} runs
 * @property {Record<string, number>} [settings] what the bench's options were: epochs, threads.
 * @property {Record<string, number>} [passes] what ours consists of, in `unit`.
 * @property {Record<string, number>} [bounds] the least that this machine could take for each pass.
 * @property {ReturnType<typeof machineFacts>} machine
 * @property {Record<string, string>} versions
 *
 * The figures of one case, one a run.
 * @typedef {{ ours: number[], peer: number[] }} Case
 */

/**
 * Makes the result of a comparison from its raw figures.
 *
 * @param {object} measured
 * @param {string} measured.bench
 * @param {Record<string, Case>} measured.cases
 * @param {string} measured.unit
 * @param {'lower' | 'higher'} measured.better which way the figures are better.
 * @param {Record<string, string>} [measured.versions] of the peers.
 * @returns {BenchResult}
 */
export function compare({ bench, cases, unit, better, versions = {} }) {
  const names = Object.keys(cases)
  /** @param {(one: Case) => number} figure */
  const each = (figure) =>
    Object.fromEntries(names.map((name) => [name, rounded(figure(cases[name]))]))
  return {
    bench,
    ratio: each(({ ours, peer }) => ratio(median(ours), median(peer), better)),
    ours: each(({ ours }) => median(ours)),
    peer: each(({ peer }) => median(peer)),
    oursMin: each(({ ours }) => Math.min(...ours)),
    peerMin: each(({ peer }) => Math.min(...peer)),
    unit,
    runs: Math.min(...names.flatMap((name) => [cases[name].ours.length, cases[name].peer.length])),
    machine: machineFacts(),
    versions: { ...ownVersions(), ...versions },
  }
}

/**
 * Prints a result as a table on standard error, keeps it in `bench/results/NAME.json`, and with
 * `--json` ends standard output with it, on one line. A shortened bench is not kept: its figures
 * would take the place of the committed ones.
 *
 * @param {BenchResult} result
 * @param {object} [options]
 * @param {string[]} [options.args] the bench's command line.
 * @param {boolean} [options.keep] false for a bench that was shortened.
 * @param {string} [options.folder]
 */
export function publish(
  result,
  { args = process.argv.slice(2), keep = true, folder = join(root, 'bench/results') } = {},
) {
  process.stderr.write(`${table(result)}\n`)
  if (keep) {
    fs.mkdirSync(folder, { recursive: true })
    writeWhole(join(folder, `${result.bench}.json`), `${JSON.stringify(result, null, 2)}\n`)
  } else {
    process.stderr.write('Not kept in bench/results, for this bench was shortened.\n')
  }
  if (args.includes('--json')) process.stdout.write(`${JSON.stringify(result)}\n`)
}

/**
 * @param {BenchResult} result
 * @returns {string}
 */
export function table(result) {
  const { bench, ratio: ratios, ours, peer, unit, runs, settings = {}, machine, versions } = result
  const names = [...new Set([...Object.keys(ours), ...Object.keys(peer)])]
  const rows = [['case', `ours (${unit})`, `peer (${unit})`, 'ratio']]
  for (const name of names)
    rows.push([name, ...[ours[name], peer[name], ratios[name]].map((value) => String(value ?? ''))])
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]),
      )
      .join('  '),
  )
  const made = Object.entries({ ...versions, ...settings }).map(
    ([name, value]) => `${name} ${value}`,
  )
  return [
    `${bench}: ${runs} runs each, on ${machine.cpu}, ${machine.cores} cores (${made.join(', ')})`,
    ...lines,
  ].join('\n')
}
