import type { ShardVerbName, VerbName } from '@phenoprint/phenoprint/commands'
import type { Command } from '../command.js'
import type { Option } from '../options.js'

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

const shardOption: Option = {
  name: 'shard',
  type: 'string',
  value: 'INDEX/COUNT',
  meaning: 'do one part, such as 0/8; ranks: as torchrun or srun numbers it',
}

/** As {@link libraryCommand}, for a verb that can do a part of its work alone. */
export function shardedCommand(
  name: ShardVerbName,
  words: Parameters<typeof libraryCommand>[1],
): Command {
  const whole = libraryCommand(name, words)
  return {
    ...whole,
    options: [shardOption],
    async run(request, reporter) {
      const text = request.own.get(shardOption.name)
      if (typeof text !== 'string') return await whole.run(request, reporter)
      const { loadConfig, loadShardVerb, parseShard } = await import(
        '@phenoprint/phenoprint/commands'
      )
      const shard = parseShard(text)
      const config = loadConfig(request.file ?? '', { set: request.set })
      const verb = await loadShardVerb(name)
      return await verb(config, reporter, shard)
    },
  }
}
