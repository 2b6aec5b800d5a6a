import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseDocument,
  Scalar,
  type YAMLError,
} from 'yaml'
import { ConfigError } from '../errors.js'
import { sentence } from '../words.js'
import { ExpansionFault, expandVariables, retype } from './environment.js'
import type { Located, LocatedEntry, Origin } from './located.js'

/** Deeper than any configuration; an alias that holds itself is deeper than that. */
const deepest = 64

/**
 * Reads YAML into a value that remembers its places, with environment variables expanded.
 *
 * @param place The origin of an offset in the text.
 * @throws {ConfigError} for text that is not YAML, a key that stands twice, an unset variable.
 */
export function readYaml(text: string, place: (line: number, column: number) => Origin): Located {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const originOf = (offset: number): Origin => {
    const { line, col } = lines.linePos(offset)
    return place(Math.max(1, line), Math.max(1, col))
  }
  const [error] = [...document.errors, ...document.warnings]
  if (error) throw new ConfigError(`config: ${originOf(error.pos[0]).text}: ${saying(error, text)}`)
  return new Reader(document, originOf).read(document.contents, 0)
}

class Reader {
  constructor(
    private readonly document: Document.Parsed,
    private readonly originOf: (offset: number) => Origin,
  ) {}

  read(node: unknown, depth: number): Located {
    const origin = this.originOf(offsetOf(node))
    if (depth > deepest) {
      throw new ConfigError(
        `config: ${origin.text}: nested more than ${deepest} levels deep, expected at most that. Is there an alias (*name) that holds itself?`,
      )
    }
    if (isAlias(node)) return this.read(node.resolve(this.document), depth + 1)
    if (isMap<ParsedNode, ParsedNode | null>(node)) {
      const entries = node.items.map(({ key, value }): [string, LocatedEntry] => {
        const keyOrigin = this.originOf(offsetOf(key))
        const inner = value ?? new Scalar(null)
        const located = value === null ? { ...this.read(inner, depth), origin: keyOrigin } : null
        const name = isScalar(key) ? String(key.value) : String(key)
        return [name, { origin: keyOrigin, value: located ?? this.read(inner, depth + 1) }]
      })
      return { kind: 'map', origin, entries: new Map(entries) }
    }
    if (isSeq(node)) {
      return { kind: 'list', origin, items: node.items.map((item) => this.read(item, depth + 1)) }
    }
    return { kind: 'scalar', origin, value: isScalar(node) ? scalarValue(node, origin) : null }
  }
}

function offsetOf(node: unknown): number {
  if (!isScalar(node) && !isMap(node) && !isSeq(node) && !isAlias(node)) return 0
  return node.range?.[0] ?? 0
}

function scalarValue(scalar: Scalar, origin: Origin): string | number | boolean | bigint | null {
  const { value } = scalar
  if (typeof value === 'string') {
    const expanded = expand(value, origin)
    const quoted = scalar.type !== Scalar.PLAIN
    return quoted || expanded === value ? expanded : retype(expanded)
  }
  const simple =
    typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
  return simple ? value : null
}

function expand(text: string, origin: Origin): string {
  try {
    return expandVariables(text, process.env)
  } catch (error) {
    if (!(error instanceof ExpansionFault)) throw error
    throw new ConfigError(`config: ${origin.text}: ${error.message}.`)
  }
}

function saying(error: YAMLError, text: string): string {
  const found = text.slice(error.pos[0], error.pos[1])
  if (error.code === 'DUPLICATE_KEY') {
    const key = /^["']?[^\s:"']+/.exec(text.slice(error.pos[0]))?.[0] ?? found
    return `the key "${key.replace(/^["']/, '')}" stands here for the second time. Keep one of the two.`
  }
  if (error.code === 'MULTIPLE_DOCS') {
    return 'a second document begins here (---), expected one. Keep one of them in this file.'
  }
  if (error.code === 'TAB_AS_INDENT') return 'not valid YAML: indent with spaces, not tabs.'
  return `not valid YAML: ${sentence(error.message)}`
}
