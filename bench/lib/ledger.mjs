import fs from 'node:fs'
import { dirname } from 'node:path'
import { writeWhole } from '../../scripts/setup/files.mjs'

/** @import { Finished } from './experiments.mjs' */

/**
 * What a step took, and of one that was measured its figures. What is no step, as a peer, has figures alone.
 *
 * @typedef {{ took?: Finished, figures?: unknown }} Entry
 */

/**
 * The figures of finished steps in a file that is committed, so a bench of hours goes on where its work folder is
 * not: on another machine, or after the folder was removed. A step is known by its key, which says what it is and
 * what it was made from. Without the file everything is measured from nothing.
 */
export class Ledger {
  /** @param {string} path of a JSON file, made with the first entry. */
  constructor(path) {
    this.path = path
    /** @type {Map<string, Entry>} */
    this.entries = new Map(
      fs.existsSync(path) ? Object.entries(JSON.parse(fs.readFileSync(path, 'utf8'))) : [],
    )
  }

  /**
   * @param {string} key of a step.
   * @returns {Entry | null}
   */
  find(key) {
    return this.entries.get(key) ?? null
  }

  /**
   * Figures that are there stay where the entry brings none.
   *
   * @param {string} key of a step.
   * @param {Entry} entry
   */
  keep(key, entry) {
    this.entries.set(key, { ...this.entries.get(key), ...entry })
    const lines = [...this.entries]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, one]) => `${JSON.stringify(key)}: ${JSON.stringify(one)}`)
    fs.mkdirSync(dirname(this.path), { recursive: true })
    writeWhole(this.path, `{\n${lines.join(',\n')}\n}\n`)
  }
}
