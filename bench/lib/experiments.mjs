import { spawn } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { writeWhole } from '../../scripts/setup/files.mjs'
import { root } from '../../scripts/setup/paths.mjs'
import { resolveSetting } from './step.mjs'

/** @import { Ledger } from './ledger.mjs' */
/** @import { Step } from './step.mjs' */

/**
 * What a finished step took. Of one that was stopped and gone on with, `seconds` are those of its last
 * start alone.
 *
 * @typedef {{ verb: string, seconds: number, peakMiB: number, resumed: boolean }} Finished
 */

/** Where each verb is told to write. */
/** @type {Record<string, string>} */
const outputKeys = { simulate: 'simulation.folder', preprocess: 'store.path' }

/**
 * Runs the steps of experiments, each once: what is finished in the work folder is never run again, what was
 * stopped goes on as its command does. Steps are known by what they are, so experiments share them.
 */
export class Experiments {
  /**
   * @param {string} work folder of all runs.
   * @param {object} [options]
   * @param {number} [options.most] steps to run at most; then it stops with {@link EnoughRun}.
   * @param {Record<string, string>} [options.scripts] programs for verbs that phenoprint does not have:
   *   they get the same options.
   * @param {Ledger} [options.ledger] of what was measured before.
   * @param {string} [options.phenoprint]
   */
  constructor(
    work,
    {
      most = Number.POSITIVE_INFINITY,
      scripts = {},
      ledger,
      phenoprint = join(root, 'packages/cli/bin/phenoprint.js'),
    } = {},
  ) {
    this.work = work
    this.left = most
    this.scripts = scripts
    this.ledger = ledger
    this.phenoprint = phenoprint
    fs.mkdirSync(work, { recursive: true })
  }

  /** @param {Step} step */
  folder(step) {
    return join(this.work, nameOf(step))
  }

  /**
   * @param {Step} step
   * @returns {Finished | null}
   */
  finished(step) {
    const path = `${this.folder(step)}.finished.json`
    return fs.existsSync(path) ? JSON.parse(fs.readFileSync(path, 'utf8')) : null
  }

  /**
   * The figures of a step. It is run, after those that it reads, where no ledger has them.
   *
   * @template Figures
   * @param {Step} step
   * @param {(folder: string) => Figures} read reads them, as JSON can hold them, from the step's folder.
   * @returns {Promise<Figures>}
   * @throws {EnoughRun} when no more steps may be run.
   */
  async measure(step, read) {
    const known = this.ledger?.find(step.key)?.figures
    if (known !== undefined) return /** @type {Figures} */ (known)
    await this.run(step)
    const figures = read(this.folder(step))
    for (const [key, took] of this.behind(step)) this.ledger?.keep(key, { took })
    this.ledger?.keep(step.key, { figures })
    return figures
  }

  /**
   * What a finished step and all behind it took.
   *
   * @param {Step} step
   * @param {Map<string, Finished>} [found]
   * @returns {Map<string, Finished>} by the steps' keys.
   */
  behind(step, found = new Map()) {
    const finished = this.finished(step) ?? this.ledger?.find(step.key)?.took
    if (finished) found.set(step.key, finished)
    for (const input of step.inputs) this.behind(input, found)
    return found
  }

  /**
   * Runs a step after those that it reads.
   *
   * @param {Step} step
   * @returns {Promise<Finished>}
   * @throws {EnoughRun} when no more steps may be run.
   */
  async run(step) {
    const before = this.finished(step)
    if (before !== null) return before
    for (const input of step.inputs) await this.run(input)
    if (this.left-- <= 0) throw new EnoughRun()
    const folder = this.folder(step)
    const resumed = fs.existsSync(folder)
    const began = performance.now()
    await this.start(step)
    const finished = {
      verb: step.verb,
      seconds: (performance.now() - began) / 1000,
      peakMiB: Number(fs.readFileSync(`${folder}.peak`, 'utf8')) / 1024,
      resumed,
    }
    writeWhole(`${folder}.finished.json`, JSON.stringify(finished))
    process.stderr.write(`${step.verb}-${step.key}: ${finished.seconds.toFixed(1)} s\n`)
    return finished
  }

  /**
   * Commands start in the work folder and name others' folders relative to it, so a run may be gone on with
   * from another checkout that shares the folder.
   *
   * @param {Step} step
   * @returns {Promise<void>}
   */
  start(step) {
    const settings = Object.entries(step.set).map(
      ([key, setting]) => `${key}=${JSON.stringify(resolveSetting(setting, nameOf))}`,
    )
    const args = [
      ...['--import', pathToFileURL(join(root, 'bench/lib/peak-memory.mjs')).href],
      this.scripts[step.verb] ?? this.phenoprint,
      ...[step.verb, '-y', step.config, '--quiet'],
      ...[...settings, `${outputKeys[step.verb] ?? 'output'}=${nameOf(step)}`].flatMap((one) => [
        '--set',
        one,
      ]),
    ]
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, args, {
        cwd: this.work,
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, PEAK_MEMORY_FILE: `${this.folder(step)}.peak` },
      })
      let words = ''
      child.stderr.on('data', (data) => {
        words += data
      })
      child.on('error', reject)
      child.on('close', (code, signal) => {
        if (code === 0) resolve()
        else {
          const command = `phenoprint ${args.slice(3).join(' ')}`
          reject(new Error(`${command} ended with ${signal ?? code}:\n${words}`))
        }
      })
    })
  }
}

/** @param {Step} step @returns {string} the name of its folder. */
function nameOf(step) {
  return `${step.verb}-${step.key}`
}

/** As many steps were run as were allowed. */
export class EnoughRun extends Error {
  constructor() {
    super('as many steps were run as were allowed')
    this.name = 'EnoughRun'
  }
}
