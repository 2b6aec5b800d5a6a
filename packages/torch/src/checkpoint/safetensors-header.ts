import type { DType } from '../dtype.js'
import { brokenFile, quoted } from './fault.js'
import { JsonCursor, JsonFault } from './json-cursor.js'
import { dtypeOfCode, type StoredDType, unpackedShape } from './safetensors-dtypes.js'

/** What a header says of a tensor. */
export interface TensorEntry {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly number[]
  /** First byte and the one after the last, counted from the end of the header. */
  readonly begin: number
  readonly end: number
}

export interface SafetensorsHeader {
  /** In the order of their bytes. */
  readonly tensors: readonly TensorEntry[]
  readonly metadata: Readonly<Record<string, string>>
}

/** The key of the metadata among the tensors' names. */
export const metadataKey = '__metadata__'

/** The most bytes that a header may have: the reference implementation's limit. */
export const longestHeader = 100_000_000

/** More dimensions than libtorch's operators can take. */
const mostDimensions = 64

/** An entry as the file has it. */
interface RawEntry {
  readonly name: string
  readonly dtype: string | undefined
  readonly shape: readonly number[] | undefined
  readonly offsets: readonly number[] | undefined
}

/**
 * Reads the header of a safetensors file, and holds it against the length of the file.
 *
 * @param path For messages.
 * @param bytes JSON: for each tensor its dtype, shape, and place among the bytes behind the header.
 * @param dataLength How many bytes are there.
 * @throws {TorchError} of kind `checkpoint` for anything but what a correct writer writes: JSON of another
 *   form, a name twice, an unknown dtype, a place that does not fit dtype and shape, places that overlap,
 *   leave gaps, or reach beyond the file.
 * @see https://github.com/huggingface/safetensors, section "Format".
 */
export function parseHeader(
  path: string,
  bytes: Uint8Array,
  dataLength: number,
): SafetensorsHeader {
  const { entries, metadata } = parse(path, bytes)
  const tensors = entries.map((entry) => checkedEntry(path, entry))
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end)
  let end = 0
  for (const tensor of tensors) {
    if (tensor.begin !== end) {
      throw brokenFile(
        path,
        `tensor ${quoted(tensor.name)} begins`,
        `at byte ${tensor.begin}`,
        `${end}, where the one before it ends: tensors neither overlap nor leave gaps`,
      )
    }
    end = tensor.end
  }
  if (end !== dataLength) {
    const why = dataLength < end ? 'the file is cut off' : 'the header does not name them all'
    throw brokenFile(path, 'tensors', `${dataLength} bytes`, `${end}: ${why}`)
  }
  return { tensors, metadata }
}

/** A name on which assignments in other programs could reach Object's prototype. */
export function reachesPrototype(name: string): boolean {
  return /(^|\.)(__proto__|constructor\.prototype)(\.|$)/.test(name)
}

function parse(
  path: string,
  bytes: Uint8Array,
): { entries: RawEntry[]; metadata: Record<string, string> } {
  const entries: RawEntry[] = []
  const metadata: Record<string, string> = Object.create(null)
  const permitted = (name: string) => {
    if (!reachesPrototype(name)) return name
    throw brokenFile(path, 'a name', quoted(name), 'one that is no path to a prototype')
  }
  try {
    const json = new JsonCursor(decoded(path, bytes))
    json.object((name) => {
      permitted(name)
      if (name === metadataKey) {
        json.object((key) => {
          metadata[permitted(key)] = json.string()
        })
      } else {
        entries.push(rawEntry(json, name))
      }
    })
    json.end()
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error
    throw brokenFile(path, 'its header', error.got, error.expected)
  }
  return { entries, metadata }
}

function decoded(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw brokenFile(path, 'its header', 'bytes that are not UTF-8', 'JSON', cause)
  }
}

function rawEntry(json: JsonCursor, name: string): RawEntry {
  let dtype: string | undefined
  let shape: readonly number[] | undefined
  let offsets: readonly number[] | undefined
  json.object((key) => {
    if (key === 'dtype') dtype = json.string()
    else if (key === 'shape') shape = json.wholeNumbers(mostDimensions)
    else if (key === 'data_offsets') offsets = json.wholeNumbers(2)
    else
      throw new JsonFault(
        `the key ${quoted(key)} of ${quoted(name)}`,
        'dtype, shape or data_offsets',
      )
  })
  return { name, dtype, shape, offsets }
}

function checkedEntry(path: string, { name, dtype, shape, offsets }: RawEntry): TensorEntry {
  const what = `tensor ${quoted(name)}`
  if (dtype === undefined || shape === undefined || offsets?.length !== 2) {
    throw brokenFile(path, what, 'an incomplete entry', 'dtype, shape and two data_offsets')
  }
  const known = dtypeOfCode(dtype)
  if (known === undefined) {
    throw brokenFile(path, what, `the unknown dtype ${quoted(dtype)}`, 'one that libtorch has')
  }
  const [begin = 0, end = 0] = offsets
  const { bytes, unpacked } = sizes(known, shape)
  if (bytes === null || unpacked === null || end - begin !== bytes) {
    throw brokenFile(
      path,
      what,
      `${end - begin} bytes, from ${begin} to ${end}`,
      `${bytes ?? 'a whole number of'} bytes for ${dtype} [${shape.join(', ')}]`,
    )
  }
  return { name, dtype: known.dtype, shape: unpacked, begin, end }
}

/** How many bytes a tensor takes, null when that is no number or too large a one; and libtorch's shape. */
function sizes(
  dtype: StoredDType,
  shape: readonly number[],
): { bytes: number | null; unpacked: readonly number[] | null } {
  let elements = 1
  for (const size of shape) {
    elements *= size
    if (!Number.isSafeInteger(elements * dtype.bits)) return { bytes: null, unpacked: null }
  }
  const bytes = (elements * dtype.bits) / 8
  return { bytes: Number.isInteger(bytes) ? bytes : null, unpacked: unpackedShape(dtype, shape) }
}
