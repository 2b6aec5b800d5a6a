import type { z } from 'zod'
import { didYouMean } from '../did-you-mean.js'
import { describeSchema, describeValue } from './describe.js'
import {
  isNull,
  type Located,
  type Origin,
  originOfKey,
  originOfValue,
  plain,
  valueAt,
} from './located.js'
import { allKeys, keySchemasAt, keysOf, schemasAt } from './schema.js'

type Issue = z.core.$ZodIssue

/**
 * The message for a configuration that does not fit: a line for each fault, with the file, line and
 * column (or the flag) that it came from.
 *
 * @param file The file that was asked for; a fault in one that it extends says so.
 */
export function explain(issues: readonly Issue[], root: Located, file: string): string {
  const lines = issues.flatMap((issue) => explainIssue(issue, [], root, file))
  return [...new Set(lines)].map((line) => `config: ${line}`).join('\n')
}

function explainIssue(
  issue: Issue,
  above: readonly PropertyKey[],
  root: Located,
  file: string,
): string[] {
  const path = [...above, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(key, path, root, file))
  }
  const options = issue.code === 'invalid_union' ? issue.errors.filter(sameKind) : []
  const [closest] = options.toSorted((a, b) => a.length - b.length)
  if (closest) return closest.flatMap((inner) => explainIssue(inner, path, root, file))
  const value = valueAt(root, path)
  const missing = value === null || isNull(value)
  const fault = missing ? missingKey(path, root) : wrongValue(issue, path, value, root)
  const origin = originOfValue(root, path)
  return [`${origin.text}${inherited(origin, file)}: ${fault}`]
}

/** Whether the alternative is at least of the value's kind, a map or a list or neither. */
function sameKind(issues: readonly Issue[]): boolean {
  return !issues.some(
    ({ code, path }) => path.length === 0 && (code === 'invalid_type' || code === 'invalid_value'),
  )
}

function unknownKey(
  key: string,
  path: readonly PropertyKey[],
  root: Located,
  file: string,
): string {
  const origin = originOfKey(root, path, key)
  const here = keysOf(schemasAt(path, plain(root)))
  const question = suggest(key, path, here)
  const known = here.length === 0 ? '' : ` Known keys here: ${here.join(', ')}.`
  return `${origin.text}${inherited(origin, file)}: unknown key "${key}".${question}${known}`
}

/** The nearest key at any level, those of the same map before equals elsewhere. */
function suggest(key: string, path: readonly PropertyKey[], here: readonly string[]): string {
  const siblings = here.map((name) => [...path, name].join('.'))
  const elsewhere = allKeys().map((each) => each.path)
  const dotted = key.includes('.')
  // The very key may belong to another kind of the section: it is no answer here.
  const given = dotted ? null : [...path, key].join('.')
  const candidates = [...siblings, ...elsewhere].filter((each) => each !== given)
  return didYouMean(key, candidates, (each) => (dotted ? each : (each.split('.').at(-1) ?? each)))
}

function missingKey(path: readonly PropertyKey[], root: Located): string {
  const key = String(path.at(-1))
  const parent = path.slice(0, -1).join('.')
  const [node] = keySchemasAt(path, plain(root))
  const expected = node ? `: expected ${describeSchema(node)}` : ''
  return `${parent} lacks the key "${key}"${expected}${meaning(path, root)}.`
}

function wrongValue(
  issue: Issue,
  path: readonly PropertyKey[],
  value: Located,
  root: Located,
): string {
  const name = path.length === 0 ? 'the configuration' : path.join('.')
  const nodes = keySchemasAt(path, plain(root))
  const expected = issue.message.startsWith('expected ')
    ? issue.message
    : `expected ${nodes.map(describeSchema).join(' or ') || issue.message}`
  return `${name}: got ${describeValue(plain(value))}, ${expected}${meaning(path, root)}.`
}

/** What the key is for, where all its alternatives agree on it. */
function meaning(path: readonly PropertyKey[], root: Located): string {
  const said = new Set(keySchemasAt(path, plain(root)).map((node) => node.description))
  const [description] = said
  return description && said.size === 1 && path.length > 0 ? ` (${description})` : ''
}

function inherited(origin: Origin, file: string): string {
  return origin.file === null || origin.file === file ? '' : ` (which ${file} extends)`
}
