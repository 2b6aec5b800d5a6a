import type { DType } from '../dtype.js'
import { TorchError } from '../errors.js'

/**
 * The header of a safetensors file: 8 bytes of length, then JSON that says for each tensor its
 * dtype, shape and place among the bytes that follow.
 *
 * @see https://github.com/huggingface/safetensors, "Format".
 */
export interface TensorEntry {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly number[]
  /** First byte and the one after the last, counted from the end of the header. */
  readonly begin: number
  readonly end: number
}

export interface SafetensorsHeader {
  readonly tensors: readonly TensorEntry[]
  readonly metadata: Readonly<Record<string, string>>
}

/** The most that a header may be: the format's own limit. */
export const longestHeader = 100_000_000

const codes: ReadonlyMap<string, { dtype: DType; bytes: number }> = new Map([
  ['F64', { dtype: 'float64', bytes: 8 }],
  ['F32', { dtype: 'float32', bytes: 4 }],
  ['F16', { dtype: 'float16', bytes: 2 }],
  ['BF16', { dtype: 'bfloat16', bytes: 2 }],
  ['F8_E4M3', { dtype: 'float8_e4m3fn', bytes: 1 }],
  ['F8_E5M2', { dtype: 'float8_e5m2', bytes: 1 }],
  ['I64', { dtype: 'int64', bytes: 8 }],
  ['I32', { dtype: 'int32', bytes: 4 }],
  ['I16', { dtype: 'int16', bytes: 2 }],
  ['I8', { dtype: 'int8', bytes: 1 }],
  ['U64', { dtype: 'uint64', bytes: 8 }],
  ['U32', { dtype: 'uint32', bytes: 4 }],
  ['U16', { dtype: 'uint16', bytes: 2 }],
  ['U8', { dtype: 'uint8', bytes: 1 }],
  ['BOOL', { dtype: 'bool', bytes: 1 }],
  ['C64', { dtype: 'complex64', bytes: 8 }],
])

/** The format's word for a dtype. */
export function codeOf(dtype: DType): string {
  for (const [code, entry] of codes) if (entry.dtype === dtype) return code
  throw new TorchError(
    `safetensors: the format has no ${dtype}. Expected one of ${[...codes.values()].map((entry) => entry.dtype).join(', ')}; convert with tensor.to({ dtype }).`,
    { kind: 'checkpoint' },
  )
}

/**
 * Reads a header and holds it against the file.
 *
 * @param path For messages.
 * @param json The header's text.
 * @param dataLength Bytes after the header.
 * @throws {TorchError} for anything that a writer would not have written.
 */
export function parseHeader(path: string, json: string, dataLength: number): SafetensorsHeader {
  const entries = parseObject(path, json)
  const tensors: TensorEntry[] = []
  let metadata: Record<string, string> = {}
  for (const [name, value] of entries) {
    if (name === '__metadata__') metadata = parseMetadata(path, value)
    else tensors.push(parseEntry(path, name, value))
  }
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end)
  let end = 0
  for (const tensor of tensors) {
    if (tensor.begin !== end) {
      throw broken(
        path,
        `tensor "${tensor.name}" begins at byte ${tensor.begin}, expected ${end}: tensors may neither overlap nor leave gaps`,
      )
    }
    end = tensor.end
  }
  if (end !== dataLength) {
    throw broken(
      path,
      `got ${dataLength} bytes of tensors, expected ${end}${dataLength < end ? ': the file is cut off' : ''}`,
    )
  }
  return { tensors, metadata }
}

/** A file that is not what it should be. */
export function broken(path: string, what: string): TorchError {
  return new TorchError(
    `checkpoint ${path}: ${what}. The file is damaged or no safetensors file; take another copy or an earlier checkpoint.`,
    { kind: 'checkpoint' },
  )
}

/** The keys and values of a JSON object, refusing a key that stands twice. */
function parseObject(path: string, json: string): [string, unknown][] {
  let parsed: unknown
  const keys: string[] = []
  try {
    parsed = JSON.parse(json)
  } catch (error) {
    throw broken(path, `its header is not JSON (${error instanceof Error ? error.message : error})`)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw broken(path, 'its header is not a JSON object')
  }
  for (const key of topLevelKeys(json)) keys.push(key)
  const twice = keys.find((key, index) => keys.indexOf(key) !== index)
  if (twice !== undefined) throw broken(path, `its header names "${twice}" twice`)
  return Object.entries(parsed)
}

/** Keys of the outermost object of valid JSON, in order, doubles included. */
function topLevelKeys(json: string): string[] {
  const keys: string[] = []
  let depth = 0
  for (let at = 0; at < json.length; at++) {
    const letter = json[at]
    if (letter === '{' || letter === '[') depth++
    else if (letter === '}' || letter === ']') depth--
    else if (letter === '"') {
      const begin = at
      for (at++; json[at] !== '"'; at++) if (json[at] === '\\') at++
      let next = at + 1
      while (/\s/.test(json[next] ?? '')) next++
      if (depth === 1 && json[next] === ':') keys.push(JSON.parse(json.slice(begin, at + 1)))
    }
  }
  return keys
}

function parseMetadata(path: string, value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null)
    throw broken(path, '__metadata__ is not an object')
  const metadata: Record<string, string> = Object.create(null)
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw broken(path, `__metadata__.${key} is not a string`)
    metadata[key] = text
  }
  return metadata
}

function parseEntry(path: string, name: string, value: unknown): TensorEntry {
  if (typeof value !== 'object' || value === null)
    throw broken(path, `tensor "${name}" is no object`)
  const { dtype: code, shape, data_offsets: offsets }: Record<string, unknown> = { ...value }
  const known = typeof code === 'string' ? codes.get(code) : undefined
  if (known === undefined)
    throw broken(path, `tensor "${name}" has the unknown dtype ${JSON.stringify(code)}`)
  if (!isIntegers(shape))
    throw broken(path, `tensor "${name}" has the shape ${JSON.stringify(shape)}`)
  if (!isIntegers(offsets) || offsets.length !== 2) {
    throw broken(path, `tensor "${name}" has the offsets ${JSON.stringify(offsets)}`)
  }
  const [begin = 0, end = 0] = offsets
  const bytes = shape.reduce((product, size) => product * size, known.bytes)
  if (!Number.isSafeInteger(bytes) || end - begin !== bytes) {
    throw broken(
      path,
      `tensor "${name}" takes bytes ${begin} to ${end}, expected ${bytes} bytes for ${code} [${shape}]`,
    )
  }
  return { name, dtype: known.dtype, shape, begin, end }
}

function isIntegers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0)
}
