import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../setup/paths.mjs'
import { lastLines, run } from '../setup/run.mjs'

/** The ways of computing, by name: keys of the configuration. */
export const soakCases = {
  fp32: { training: { precision: 'fp32' } },
  bf16: { training: { precision: 'bf16' } },
  'fp32, stock': { training: { precision: 'fp32' }, model: { kernels: 'stock' } },
}

/** Steps that a median is taken over: JavaScript's own heap breathes from step to step. */
const window = 100
/** Steps in which buffers are made that stay. */
const warmUp = 50
/** Sites to train on, 20 wells of 2 sites in 8 experiments, by the size of a batch. */
const stepsPerEpoch = 40
const batchSize = 8

/**
 * How a training's memory went, in bytes: the median of resident memory over the 100 steps after step 50,
 * and over the last 100; the most of it after step 50; what the allocator held at these two times.
 *
 * @typedef {{ before: number, after: number, most: number, reserved: [number, number] }} Soaked
 */

/**
 * Trains for many steps in a process of its own, on a screen that is simulated for it.
 *
 * @param {object} how
 * @param {number} how.steps at least 300, rounded up to whole epochs of 40.
 * @param {Readonly<Record<string, object>>} how.settings sections of the configuration.
 * @returns {Promise<Soaked>}
 */
export async function soak({ steps, settings }) {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'phenoprint-soak-'))
  try {
    const config = join(folder, 'soak.yml')
    // JSON is YAML.
    fs.writeFileSync(config, JSON.stringify(configuration(folder, steps, settings)))
    const command = join(root, 'packages/cli/bin/phenoprint.js')
    for (const verb of ['simulate', 'preprocess']) await ran([command, verb, '-y', config])
    const program = fileURLToPath(new URL('./train.mjs', import.meta.url))
    return summarise(JSON.parse(await ran([program, config])))
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {string[]} args of Node. */
async function ran(args) {
  const { code, stdout, output } = await run(process.execPath, args, { cwd: root })
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${lastLines(output)}`)
  return stdout
}

/**
 * @param {string} folder
 * @param {number} steps
 * @param {Readonly<Record<string, object>>} settings
 */
function configuration(folder, steps, { training, model = {} }) {
  const screen = join(folder, 'screen')
  const layout = { plates: 1, rows: 6, columns: 6, sites: 2, classes: 18, groups: 1 }
  return {
    seed: 1,
    screen: { reader: 'rxrx1', name: 'soak (synthetic)', folder: screen },
    simulation: {
      folder: screen,
      image: { size: 64, pixelSize: 1.3 },
      layout: { ...layout, controls: { negative: 1, positive: 1 } },
      cellTypes: { HUVEC: { train: 10, test: 1 } },
    },
    store: { path: join(folder, 'store'), tile: [64, 64] },
    split: { by: 'experiment', validation: { folds: 5, fold: 0 } },
    normalise: { by: 'plate' },
    output: join(folder, 'run'),
    model: { architecture: 'efficientnet-b0', ...model },
    training: { batchSize, threads: 1, ...training, epochs: Math.ceil(steps / stepsPerEpoch) },
  }
}

/**
 * @param {{ resident: number[], reserved: number[] }} measured after each step, in bytes.
 * @returns {Soaked}
 */
function summarise({ resident, reserved }) {
  const early = [warmUp, warmUp + window]
  return {
    before: median(resident.slice(...early)),
    after: median(resident.slice(-window)),
    most: Math.max(...resident.slice(warmUp)),
    reserved: [median(reserved.slice(...early)), median(reserved.slice(-window))],
  }
}

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
