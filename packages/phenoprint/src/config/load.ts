import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { didYouMean } from '../did-you-mean.js'
import { errorCode } from '../error-code.js'
import { ConfigError } from '../errors.js'
import { type Config, configSchema } from './config.js'
import { explain } from './explain.js'
import { type Located, type LocatedMap, type Origin, plain } from './located.js'
import { merge, setAt } from './merge.js'
import { type Override, parseOverride } from './overrides.js'
import { readYaml } from './read-yaml.js'

/** A file with what it extends merged in, before defaults and overrides. */
export interface ConfigSource {
  readonly file: string
  readonly root: LocatedMap
}

/**
 * Reads a configuration: the file, what it extends, then `--set`, later ones over earlier ones; all
 * else gets its default.
 *
 * @param file A YAML file; `extends:` in it is relative to it, all other paths to the working directory.
 * @param options.set `training.epochs=5` and the like, the value as YAML.
 * @throws {ConfigError} naming file, line and column, or the flag: a file that is missing or is not
 *   YAML, an unknown key, a value of the wrong type, an unset environment variable, a cycle.
 */
export function loadConfig(file: string, options: { set?: readonly string[] } = {}): Config {
  const overrides = (options.set ?? []).map(parseOverride)
  return resolveConfig(readConfig(file), overrides)
}

/** @throws {ConfigError} as {@link loadConfig}. */
export function resolveConfig(source: ConfigSource, overrides: readonly Override[]): Config {
  const root = overrides.reduce<Located>(
    (below, { path, value }) => setAt(below, path, value),
    source.root,
  )
  const parsed = configSchema.safeParse(plain(root))
  if (!parsed.success) throw new ConfigError(explain(parsed.error.issues, root, source.file))
  return parsed.data
}

/** @throws {ConfigError} as {@link loadConfig}, but for keys and types, which are not looked at yet. */
export function readConfig(file: string): ConfigSource {
  return { file, root: readFile(file, null, []) }
}

/** Where a file is asked for by another one. */
interface Request {
  readonly origin: Origin
  readonly name: string
}

function readFile(file: string, request: Request | null, above: readonly string[]): LocatedMap {
  if (above.includes(file)) {
    const cycle = [...above.slice(above.indexOf(file)), file].join(' extends ')
    throw new ConfigError(
      `config: ${request?.origin.text ?? file}: a cycle: ${cycle}. Remove one of these extends.`,
    )
  }
  const place = (line: number, column: number): Origin => {
    return { text: `${file}:${line}:${column}`, file }
  }
  const own = readYaml(readText(file, request), place)
  const top = own.kind === 'scalar' && own.value === null ? emptyMap(own.origin) : own
  if (top.kind !== 'map') {
    throw new ConfigError(
      `config: ${own.origin.text}: got a ${own.kind === 'list' ? 'list' : 'single value'}, expected a map of sections, such as "training: { epochs: 5 }".`,
    )
  }
  const { extends: parents, ...rest } = Object.fromEntries(top.entries)
  const child: LocatedMap = { ...top, entries: new Map(Object.entries(rest)) }
  const bases = parents ? extended(parents.value) : []
  const inherited = bases.map((base) => {
    const path = isAbsolute(base.name) ? base.name : join(dirname(file), base.name)
    return readFile(path, base, [...above, file])
  })
  return [...inherited, child].reduce(mergeMaps)
}

function mergeMaps(below: LocatedMap, above: LocatedMap): LocatedMap {
  const merged = merge(below, above)
  return merged.kind === 'map' ? merged : above
}

function extended(value: Located): Request[] {
  const items = value.kind === 'list' ? value.items : [value]
  return items.map((item) => {
    if (item.kind === 'scalar' && typeof item.value === 'string') {
      return { origin: item.origin, name: item.value }
    }
    throw new ConfigError(
      `config: ${item.origin.text}: extends: expected a file or a list of files, relative to this one.`,
    )
  })
}

function emptyMap(origin: Origin): LocatedMap {
  return { kind: 'map', origin, entries: new Map() }
}

function readText(file: string, request: Request | null): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const asked = request ? `${request.origin.text}: extends "${request.name}": ` : ''
    throw new ConfigError(`config: ${asked}${unreadable(file, cause)}`, { cause })
  }
}

function unreadable(file: string, cause: unknown): string {
  switch (errorCode(cause)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `there is no file ${file}.${similar(file)}`
    case 'EISDIR':
      return `${file} is a folder; expected a YAML file.`
    default:
      return `cannot read ${file}: ${cause instanceof Error ? cause.message : String(cause)}.`
  }
}

function similar(file: string): string {
  const folder = dirname(file)
  try {
    const files = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name))
    const paths = files.map((name) => join(folder, name))
    const question = didYouMean(basename(file), paths, (path) => basename(path))
    if (question !== '' || files.length === 0) return question
    return ` ${folder} holds ${files.join(', ')}.`
  } catch {
    return ` There is no folder ${folder} either; paths are relative to the working directory.`
  }
}
