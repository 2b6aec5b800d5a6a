import type { Command } from './command.js'
import { type Option, optionsOf } from './options.js'

/** `phenoprint --help`: what there is, and where to start. */
export function overview(commands: readonly Command[]): string {
  const verbs = commands.map(({ name, summary, aliases }): [string, string] => {
    return [name, aliases.length > 0 ? `${summary} (also ${aliases.join(', ')})` : summary]
  })
  return [
    'phenoprint: from a folder of microscope images to calls for each well',
    '',
    'Usage: phenoprint <command> -y FILE [--set KEY=VALUE]… [--json] [--quiet]',
    '',
    'Commands:',
    ...columns(verbs),
    '',
    'Options:',
    ...columns(optionsOf(null).map(optionLine)),
    '',
    'Start here:',
    '  phenoprint doctor                           what this machine has and what it lacks',
    '  phenoprint run -y configs/mitocheck/all.yml  the whole way on real images',
    '  phenoprint train --help                     the options of a command, and an example',
    '',
    'Exit codes: 0 done; 1 a fault in phenoprint; 2 usage, configuration, or a run directory in use;',
    '3 data; 4 engine or machine; 5 training diverged; 130 Ctrl-C, 143 SIGTERM.',
    '',
  ].join('\n')
}

/** `phenoprint train --help`: what it does, every option, examples. */
export function commandHelp(command: Command): string {
  const { name, aliases, summary, details, takesFile, examples } = command
  return [
    `phenoprint ${name}: ${summary}`,
    ...(aliases.length > 0 ? [`Also: phenoprint ${aliases.join(', phenoprint ')}`] : []),
    '',
    `Usage: phenoprint ${name}${takesFile ? ' -y FILE [--set KEY=VALUE]…' : ''} [--json] [--quiet]`,
    '',
    details,
    '',
    'Options:',
    ...columns(optionsOf(command).map(optionLine)),
    '',
    examples.length > 1 ? 'Examples:' : 'Example:',
    ...examples.map((example) => `  ${example}`),
    '',
  ].join('\n')
}

function optionLine({ name, short, value, meaning }: Option): [string, string] {
  const flags = short ? `-${short}, --${name}` : `    --${name}`
  return [value ? `${flags} ${value}` : flags, meaning]
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
