import type { Command } from './command.js'
import { type Option, optionsOf } from './options.js'

/** Columns of a terminal that help keeps to. */
const width = 100

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
    '  phenoprint doctor                            what this machine has and what it lacks',
    '  phenoprint run -y configs/demo/all.yml       the whole way on a synthetic screen; needs no data',
    '  phenoprint run -y configs/mitocheck/all.yml  the same on real images; the README says whence',
    '  phenoprint init my-screen                    configurations for a folder of images of your own',
    '  phenoprint train --help                      the options of a command, and an example',
    '',
    'Exit codes: 0 done; 1 a fault in phenoprint; 2 usage, configuration, or a run directory in use;',
    '3 data; 4 engine or machine; 5 training diverged; 130 Ctrl-C, 143 SIGTERM.',
    '',
  ].join('\n')
}

/** `phenoprint train --help`: what it does, every option, examples. */
export function commandHelp(command: Command): string {
  const { name, aliases, summary, details, takesFile, examples } = command
  const usage = `Usage: phenoprint ${name}${operandsOf(command)}${takesFile ? ' -y FILE [--set KEY=VALUE]…' : ''}`
  const own = `${ownOptions(command)} [--json] [--quiet]`
  return [
    `phenoprint ${name}: ${summary}`,
    ...(aliases.length > 0 ? [`Also: phenoprint ${aliases.join(', phenoprint ')}`] : []),
    '',
    ...(usage.length + own.length > width ? [usage, `      ${own}`] : [usage + own]),
    '',
    details,
    '',
    'Options:',
    ...columns(optionsOf(command).map(optionLine)),
    '',
    examples.length > 1 ? 'Examples:' : 'Example:',
    ...examples.map(exampleLines),
    '',
  ].join('\n')
}

/** What words it takes, in its line of usage. */
function operandsOf({ operands, single = false }: Command): string {
  return operands === null ? '' : ` ${operands}${single ? '' : '…'}`
}

/** The verb's own options, in its line of usage. */
function ownOptions({ options = [] }: Command): string {
  return options.map(({ name, value }) => ` [--${name}${value ? ` ${value}` : ''}]`).join('')
}

/** A long example goes on in further lines, as a shell takes it. */
function exampleLines(example: string): string {
  const whole = `  ${example}`
  return whole.length <= 100 ? whole : whole.replaceAll(' --set ', ' \\\n    --set ')
}

function optionLine({ name, short, value, meaning }: Option): [string, string] {
  const flags = short ? `-${short}, --${name}` : `    --${name}`
  return [value ? `${flags} ${value}` : flags, meaning]
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
