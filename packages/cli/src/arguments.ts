import { parseArgs } from 'node:util'
import { didYouMean, UsageError } from '@phenoprint/phenoprint/basics'
import type { Command, Request } from './command.js'
import { allOptions, optionsOf } from './options.js'

/** A command line that was understood. */
export type Invocation =
  | { readonly kind: 'version' }
  | { readonly kind: 'help'; readonly command: Command | null }
  | { readonly kind: 'command'; readonly command: Command; readonly request: Request }

/**
 * Reads the words after `phenoprint`.
 *
 * @throws {UsageError} for a verb or option that is not there (with what was probably meant), a
 *   value that is missing or too much, and a verb without its file.
 */
export function readArguments(words: readonly string[], commands: readonly Command[]): Invocation {
  const { values, positionals, tokens } = parseArgs({
    args: [...words],
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      allOptions(commands).map(({ name, type, short, multiple = false }) => [
        name,
        { type, multiple, ...(short && { short }) },
      ]),
    ),
  })
  if (values.version === true) return { kind: 'version' }
  const helpOnly = positionals[0] === 'help'
  const [name, ...extra] = helpOnly ? positionals.slice(1) : positionals
  const command = name === undefined ? null : findCommand(name, commands)
  for (const token of tokens) if (token.kind === 'option') checkOption(token, command)
  if (values.help === true || helpOnly) return { kind: 'help', command }
  if (command === null) throw new UsageError(`no command. ${seeHelp(null)}`)
  const unusable = command.operands === null ? extra : command.single ? extra.slice(1) : []
  if (unusable.length > 0) throw tooMuch(unusable, command)
  if (extra.length === 0 && command.operands !== null) {
    throw new UsageError(
      `${command.name}: no ${command.operands}. Give ${command.single ? 'one' : 'one or more'}, such as: ${command.examples[0]}`,
    )
  }
  const file = values.config
  if (command.takesFile && typeof file !== 'string') {
    throw new UsageError(
      `${command.name}: no configuration. Give one with -y FILE, such as: ${command.examples[0]}`,
    )
  }
  const set = Array.isArray(values.set) ? values.set.filter(isText) : []
  const own = new Map<string, string | true>()
  for (const { name } of command.options ?? []) {
    const value = values[name]
    if (isText(value) || value === true) own.set(name, value)
  }
  const request = { file: isText(file) ? file : null, set, operands: extra, own }
  return { kind: 'command', command, request }
}

function findCommand(name: string, commands: readonly Command[]): Command {
  const found = commands.find((each) => each.name === name || each.aliases.includes(name))
  if (found) return found
  const names = commands.flatMap((each) => [each.name, ...each.aliases])
  const all = commands.map((each) => each.name).join(', ')
  throw new UsageError(
    `unknown command "${name}".${didYouMean(name, names)} Commands: ${all}. ${seeHelp(null)}`,
  )
}

interface OptionToken {
  readonly name: string
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

function checkOption(token: OptionToken, command: Command | null): void {
  const options = optionsOf(command)
  const option = options.find(({ name }) => name === token.name)
  const where = command === null ? '' : `${command.name}: `
  if (!option) {
    const names = options.map(({ name }) => `--${name}`)
    const isKey = token.name.includes('.') && command?.takesFile
    const question = isKey ? ` Did you mean --set ${token.name}=…?` : didYouMean(token.name, names)
    throw new UsageError(`${where}unknown option ${token.rawName}.${question} ${seeHelp(command)}`)
  }
  if (option.type === 'string' && (token.value === undefined || token.value === '')) {
    throw new UsageError(
      `${where}${token.rawName} needs a value: ${token.rawName} ${option.value}. ${seeHelp(command)}`,
    )
  }
  if (option.type === 'boolean' && token.inlineValue === true) {
    throw new UsageError(`${where}${token.rawName} takes no value, got "${token.value}".`)
  }
}

function tooMuch([word = '']: readonly string[], command: Command): UsageError {
  const file = command.takesFile && /\.ya?ml$/.test(word) ? ` Did you mean -y ${word}?` : ''
  const set = command.takesFile && word.includes('=') ? ` Did you mean --set ${word}?` : ''
  return new UsageError(`${command.name}: cannot use "${word}".${file}${set} ${seeHelp(command)}`)
}

function seeHelp(command: Command | null): string {
  return `See: phenoprint ${command === null ? '' : `${command.name} `}--help`
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
