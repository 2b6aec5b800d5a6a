import { TorchError } from '../errors.js'
import type { Tensor } from '../tensor.js'
import { packedShape, storedAs, storedDTypes } from './safetensors-dtypes.js'
import { longestHeader, metadataKey, reachesPrototype } from './safetensors-header.js'

/** What a file will hold: its first bytes, then the tensors in this order. */
export interface Layout {
  /** The length of the header and the header. */
  readonly head: Uint8Array
  readonly tensors: readonly Tensor[]
}

/**
 * The header and order of a file: tensors by the width of their dtype and by name, metadata by key. The
 * same tensors and metadata give the same bytes, which are those of the reference implementation, and each
 * tensor begins at a multiple of its elements' size.
 *
 * @throws {TorchError} of kind `argument` when a file cannot hold a dtype or a name.
 */
export function layOut(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>>,
): Layout {
  const entries = [...tensors].map(([name, tensor]) => {
    const stored = storedAs(requireName(name), tensor.dtype)
    return { name, tensor, stored, rank: storedDTypes.indexOf(stored), bytes: utf8(name) }
  })
  entries.sort((a, b) => a.rank - b.rank || Buffer.compare(a.bytes, b.bytes))
  const parts: string[] = []
  const described = Object.keys(metadata).sort()
  if (described.length > 0) {
    const pairs = described.map(
      (key) => `${JSON.stringify(requireName(key))}:${JSON.stringify(metadata[key])}`,
    )
    parts.push(`"${metadataKey}":{${pairs.join(',')}}`)
  }
  let begin = 0
  for (const { name, tensor, stored } of entries) {
    const end = begin + tensor.byteLength
    const shape = packedShape(stored, tensor.shape)
    const entry = { dtype: stored.code, shape, data_offsets: [begin, end] }
    parts.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`)
    begin = end
  }
  return { head: headOf(`{${parts.join(',')}}`), tensors: entries.map(({ tensor }) => tensor) }
}

/** The header behind its length, with spaces up to a multiple of 8 bytes. */
function headOf(json: string): Uint8Array {
  const text = utf8(json)
  const length = Math.ceil(text.length / 8) * 8
  if (length > longestHeader) {
    throw unusable(
      `a header of ${length} bytes`,
      `at most ${longestHeader}: fewer or shorter names`,
    )
  }
  const head = Buffer.alloc(8 + length, ' ')
  head.writeBigUInt64LE(BigInt(length))
  head.set(text, 8)
  return head
}

function requireName(name: string): string {
  const usable = name !== metadataKey && !reachesPrototype(name) && !/\p{Surrogate}/u.test(name)
  if (usable) return name
  throw unusable(
    `the name ${JSON.stringify(name)}`,
    `a Unicode string other than ${metadataKey} that is no path to a prototype`,
  )
}

function unusable(got: string, expected: string): TorchError {
  return new TorchError(`checkpoint: safetensors cannot hold ${got}; expected ${expected}`, {
    kind: 'argument',
    argument: 'tensors',
  })
}

function utf8(text: string): Buffer {
  return Buffer.from(text, 'utf8')
}
