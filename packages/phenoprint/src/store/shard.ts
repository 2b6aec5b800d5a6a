import { crc32c } from '@phenoprint/pixels'
import { StoreError } from '../errors.js'

/**
 * A shard of the `sharding_indexed` codec, index at the end: encoded chunks one after the other, then
 * (offset, length) of each as little-endian uint64, then the index's CRC-32C.
 *
 * @param room Gives memory for it, so many bytes. Chunks that are in their places there already are not copied.
 * @see Zarr specification, sharding codec version 1.0.
 */
export function encodeShard(
  chunks: readonly Uint8Array[],
  room: (bytes: number) => Uint8Array = (bytes) => new Uint8Array(bytes),
): Uint8Array {
  const dataBytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  const shard = room(dataBytes + shardIndexBytes(chunks.length))
  const start = shard.byteOffset
  const index = new DataView(shard.buffer, start + dataBytes)
  let offset = 0
  chunks.forEach((chunk, i) => {
    const isThere = chunk.buffer === shard.buffer && chunk.byteOffset === start + offset
    if (!isThere) shard.set(chunk, offset)
    index.setBigUint64(16 * i, BigInt(offset), true)
    index.setBigUint64(16 * i + 8, BigInt(chunk.length), true)
    offset += chunk.length
  })
  const end = 16 * chunks.length
  index.setUint32(end, crc32c(shard.subarray(dataBytes, dataBytes + end)), true)
  return shard
}

/** Bytes of the index of so many chunks, its checksum included. */
export function shardIndexBytes(chunks: number): number {
  return 16 * chunks + 4
}

/** Where each chunk lies in its shard. A chunk that is not stored (all zero) has length 0. */
export interface ShardIndex {
  readonly offsets: Float64Array
  readonly lengths: Float64Array
}

const absent = 0xffffffffffffffffn

/**
 * Reads a shard's index, checksum verified.
 *
 * @param bytes The last {@link shardIndexBytes} of the shard.
 * @param shardBytes Length of the whole shard.
 * @throws {StoreError} when the checksum differs or a chunk would lie outside the shard.
 */
export function parseShardIndex(bytes: Uint8Array, shardBytes: number): ShardIndex {
  const content = checked(bytes, 'shard index')
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  const chunks = content.length / 16
  const offsets = new Float64Array(chunks)
  const lengths = new Float64Array(chunks)
  for (let i = 0; i < chunks; i++) {
    const offset = view.getBigUint64(16 * i, true)
    const length = view.getBigUint64(16 * i + 8, true)
    if (offset === absent && length === absent) continue
    if (offset + length > BigInt(shardBytes)) {
      throw new StoreError(
        `chunk ${i} would end at byte ${offset + length} of a shard of ${shardBytes} bytes`,
      )
    }
    offsets[i] = Number(offset)
    lengths[i] = Number(length)
  }
  return { offsets, lengths }
}

/**
 * Bytes without the CRC-32C that follows them.
 *
 * @throws {StoreError} when it differs.
 */
export function checked(bytes: Uint8Array, what: string): Uint8Array {
  if (bytes.length < 4) throw new StoreError(`${what} of ${bytes.length} bytes is cut short`)
  const content = bytes.subarray(0, -4)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const stored = view.getUint32(content.length, true)
  const computed = crc32c(content)
  if (stored === computed) return content
  const hex = (value: number) => value.toString(16).padStart(8, '0')
  throw new StoreError(`${what} is damaged: checksum ${hex(computed)}, expected ${hex(stored)}`)
}
