/** An option of the command line, as `--help` shows it. */
export interface Option {
  readonly name: string
  readonly short?: string
  readonly type: 'string' | 'boolean'
  readonly multiple?: boolean
  /** What stands for its value in help. */
  readonly value?: string
  readonly meaning: string
}

const file: Option = {
  name: 'config',
  short: 'y',
  type: 'string',
  value: 'FILE',
  meaning: 'the YAML file to work from; docs/config.md lists every key',
}

const set: Option = {
  name: 'set',
  type: 'string',
  multiple: true,
  value: 'KEY=VALUE',
  meaning: 'change one key, such as training.epochs=5; may be given many times',
}

const common: readonly Option[] = [
  {
    name: 'json',
    type: 'boolean',
    meaning: 'write JSON Lines to standard output, words for people to standard error',
  },
  { name: 'quiet', short: 'q', type: 'boolean', meaning: 'say nothing but errors and the result' },
  { name: 'help', short: 'h', type: 'boolean', meaning: 'show this' },
]

const version: Option = { name: 'version', type: 'boolean', meaning: 'show the version' }

/** The options of a verb, or of the command without one. */
export function optionsOf(
  command: { readonly takesFile: boolean; readonly options?: readonly Option[] } | null,
): readonly Option[] {
  if (command === null) return [...common.filter(({ name }) => name === 'help'), version]
  return [...(command.takesFile ? [file, set] : []), ...(command.options ?? []), ...common]
}

/** Every option of any verb. */
export function allOptions(
  commands: readonly { readonly options?: readonly Option[] }[],
): readonly Option[] {
  return [file, set, ...commands.flatMap(({ options }) => options ?? []), ...common, version]
}
