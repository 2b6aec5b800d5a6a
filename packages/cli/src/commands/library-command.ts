import type { VerbName } from '@phenoprint/phenoprint/commands'
import type { Command } from '../command.js'

/** A command that is a verb of the library: reads its file, loads the verb, runs it. */
export function libraryCommand(
  name: VerbName,
  words: Pick<Command, 'summary' | 'details' | 'examples'> & { readonly aliases?: string[] },
): Command {
  return {
    name,
    aliases: words.aliases ?? [],
    summary: words.summary,
    details: words.details,
    examples: words.examples,
    takesFile: true,
    operands: null,
    async run({ file, set }, reporter) {
      const { loadConfig, loadVerb } = await import('@phenoprint/phenoprint/commands')
      const config = loadConfig(file ?? '', { set })
      const verb = await loadVerb(name)
      return await verb(config, reporter)
    },
  }
}
