import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * One command of an experiment: a verb, its YAML file, and the keys that differ from the file. A value may
 * hold another step (its folder stands there when the command is run) or a file of one, so an arm of an
 * experiment is one value that says everything it was made from.
 *
 * @typedef {string | number | boolean | null | Step | StepFile | SettingList | Settings} Setting
 * @typedef {Setting[]} SettingList
 * @typedef {{ [key: string]: Setting }} Settings
 */
export class Step {
  /**
   * @param {string} verb
   * @param {string} config absolute path of its YAML file.
   * @param {Settings} set by dotted path.
   */
  constructor(verb, config, set = {}) {
    this.verb = verb
    this.config = config
    this.set = set
    /**
     * Equal for equal steps: what it is, and what it was made from, but not where that lies.
     *
     * @type {string}
     */
    this.key = createHash('sha256')
      .update(JSON.stringify([verb, recipeText(config), resolveSetting(set, (one) => one.key)]))
      .digest('hex')
      .slice(0, 16)
  }

  /** The steps that this one reads, each once. */
  get inputs() {
    /** @type {Set<Step>} */
    const found = new Set()
    resolveSetting(this.set, (one) => {
      found.add(one)
      return ''
    })
    return [...found]
  }
}

/** A file that a step writes. */
export class StepFile {
  /** @param {Step} step @param {string} path below the step's folder. */
  constructor(step, path) {
    this.step = step
    this.path = path
  }
}

/**
 * A setting with a name in place of each step.
 *
 * @param {Setting} setting
 * @param {(step: Step) => string} nameOf
 * @returns {unknown} as JSON can hold it.
 */
export function resolveSetting(setting, nameOf) {
  if (setting instanceof Step) return nameOf(setting)
  if (setting instanceof StepFile) return `${nameOf(setting.step)}/${setting.path}`
  if (Array.isArray(setting)) return setting.map((one) => resolveSetting(one, nameOf))
  if (setting === null || typeof setting !== 'object') return setting
  return Object.fromEntries(
    Object.entries(setting).map(([key, one]) => [key, resolveSetting(one, nameOf)]),
  )
}

/**
 * In what two experiments differ: `verb key` for a key whose values differ anywhere in their steps, `verb`
 * alone for a command that only one of them has.
 *
 * @param {Step} one
 * @param {Step} other
 * @returns {string[]} sorted.
 */
export function differences(one, other) {
  const [first, second] = [settingsByVerb(one), settingsByVerb(other)]
  return [...new Set([...first.keys(), ...second.keys()])]
    .flatMap((verb) => {
      const [mine, theirs] = [first.get(verb), second.get(verb)]
      if (mine === undefined || theirs === undefined) return [verb]
      return [...new Set([...mine.keys(), ...theirs.keys()])]
        .filter((key) => same(mine.get(key)) !== same(theirs.get(key)))
        .map((key) => `${verb} ${key}`)
    })
    .sort()
}

/** @param {Set<string> | undefined} values */
function same(values) {
  return JSON.stringify([...(values ?? [])].sort())
}

/**
 * @param {Step} last
 * @returns {Map<string, Map<string, Set<string>>>} by verb and key, all values of it.
 */
function settingsByVerb(last) {
  const found = new Map()
  /** @param {Step} step */
  const visit = (step) => {
    const keys = found.get(step.verb) ?? new Map()
    found.set(step.verb, keys)
    for (const [key, setting] of Object.entries(step.set)) {
      const value = JSON.stringify(resolveSetting(setting, () => 'step'))
      keys.set(key, (keys.get(key) ?? new Set()).add(value))
    }
    step.inputs.forEach(visit)
  }
  visit(last)
  return found
}

/** @type {Map<string, string>} */
const recipes = new Map()

/**
 * The YAML files of a folder, for a file may extend its neighbours.
 *
 * @param {string} config
 */
function recipeText(config) {
  const folder = dirname(config)
  const known = recipes.get(folder)
  if (known !== undefined) return known
  const text = fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.yml'))
    .sort()
    .map((name) => `${name}\n${fs.readFileSync(join(folder, name), 'utf8')}`)
    .join('\n')
  recipes.set(folder, text)
  return text
}
