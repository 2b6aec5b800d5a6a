import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Config } from '@phenoprint/phenoprint'
import { loadConfig, loadPlan, type VerbName } from '@phenoprint/phenoprint/commands'
import { readArguments } from './arguments.js'
import { commands } from './commands/index.js'

/** The repository: what is written in its pages is typed there. */
export const root = fileURLToPath(new URL('../../../', import.meta.url))

/** What each verb cannot do without. */
const needed: Record<VerbName, readonly (keyof Config)[]> = {
  simulate: ['simulation'],
  preprocess: ['screen', 'store'],
  audit: ['screen', 'store'],
  export: ['store', 'export'],
  train: ['output', 'store'],
  'fine-tune': ['output', 'store', 'fineTune'],
  infer: ['output', 'prediction'],
  ensemble: ['output', 'ensemble'],
  assign: ['output', 'screen', 'assignment'],
  submit: ['output', 'screen', 'submission'],
  explain: ['output', 'explain'],
  evaluate: ['output', 'evaluation'],
  choose: ['output', 'choose'],
  embed: ['output', 'embed'],
  'pseudo-label': ['output', 'screen', 'pseudoLabels'],
}

/**
 * Does with a command line, as help and the guide show it, all that the command does before it sets
 * to work: splits it as a shell does, reads its words and its file, and looks for the sections that
 * the verb needs.
 *
 * @param folder The folder in which it is typed.
 * @throws {Error} what would stop it.
 */
export function tryWrittenCommand(line: string, folder = root): void {
  const [program, ...words] = shellWords(line.replace(/^npx /, ''))
  if (program !== 'phenoprint') throw new Error(`${line}: no command of phenoprint`)
  const invocation = readArguments(words, commands)
  if (invocation.kind !== 'command') return
  const { command, request } = invocation
  if (request.file === null) return
  const file = join(folder, request.file)
  if (command.name === 'run') {
    for (const { verb, config } of loadPlan(file, request).stages) requireSections(verb, config)
  } else {
    requireSections(command.name, loadConfig(file, request))
  }
}

function requireSections(verb: string, config: Config): void {
  const sections = Object.entries(needed).find(([name]) => name === verb)?.[1]
  if (!sections) throw new Error(`${verb}: it is not known what this verb needs`)
  for (const section of sections) {
    if (config[section] === undefined) throw new Error(`${verb}: no section ${section}`)
  }
}

/** Words at blanks, but for what stands in single quotes. */
function shellWords(line: string): string[] {
  const words = line.match(/(?:'[^']*'|[^\s'])+/g) ?? []
  const bare = words.find((word) => /[[\]{}*?$()<>|&;]/.test(word.replaceAll(/'[^']*'/g, '')))
  if (bare) throw new Error(`${line}: a shell does not take ${bare} as it is: put it in quotes`)
  return words.map((word) => word.replaceAll("'", ''))
}
