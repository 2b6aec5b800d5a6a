import { createHash } from 'node:crypto'
import { blockGrid, putBlockMeans } from './block-means.js'
import { crc32c } from './crc32c.js'
import { cutTile, type PlanesShape } from './cut-tile.js'
import type { Pixels } from './image.js'
import { native } from './native.js'
import { countValues } from './statistics.js'
import { compress } from './zstd.js'

/** How the tiles of a site are stored: not at all, as they are, or each as a zstd frame. */
export type Packing = 'none' | 'plain' | 'zstd'

/** What a store keeps of a site's pixels. */
export interface PackedSite {
  /** `[channel, value]`: how often each value occurs, of 256 or 65,536. */
  readonly counts: Uint32Array
  /** `[channel, row, column]`: the mean of each block of {@link blockGrid}. */
  readonly blockMeans: Float64Array
  /** SHA-256 of the pixels, little-endian: 32 bytes. */
  readonly digest: Uint8Array
  /** Row by row: a tile's bytes, and their CRC-32C. */
  readonly tiles: readonly Uint8Array[]
}

/** As native/pack_site.h counts them. */
const packings: readonly Packing[] = ['none', 'plain', 'zstd']

/**
 * Counts and hashes the pixels of a site, and packs its tiles: those at the right and the bottom are
 * padded with zeros. On the native path all of it on one of the system's threads.
 *
 * @param pixels `[channel, y, x]`
 * @param room Gives memory for the tiles, so many bytes, that the caller may use again after them.
 * @throws {PixelError} when memory runs out.
 */
export async function packSite(
  pixels: Pixels,
  shape: PlanesShape,
  tile: { readonly height: number; readonly width: number },
  packing: Packing,
  room: (bytes: number) => Uint8Array = (bytes) => new Uint8Array(bytes),
): Promise<PackedSite> {
  const { channels, height, width } = shape
  const grid = blockGrid(height, width)
  const values = 2 ** (8 * pixels.BYTES_PER_ELEMENT)
  const counts = new Uint32Array(channels * values)
  const blockMeans = new Float64Array(channels * grid.rows * grid.columns)
  const rows = Math.ceil(height / tile.height)
  const columns = Math.ceil(width / tile.width)
  if (native !== null) {
    const sizes = [channels, height, width, tile.height, tile.width, grid.block]
    const kind = packings.indexOf(packing)
    const packed = room(native.longestPacked(sizes, pixels.BYTES_PER_ELEMENT, kind))
    const lengths = new Float64Array(rows * columns)
    const digest = new Uint8Array(32)
    const outputs = [counts, blockMeans, digest, packed, lengths] as const
    if ((await native.packSite(pixels, sizes, kind, ...outputs)) === 1) {
      return { counts, blockMeans, digest, tiles: packing === 'none' ? [] : parts(packed, lengths) }
    }
    counts.fill(0)
  }
  for (let c = 0; c < channels; c++) {
    const plane = pixels.subarray(c * height * width, (c + 1) * height * width)
    countValues(plane, counts.subarray(c * values, (c + 1) * values))
    putBlockMeans(plane, height, width, grid, blockMeans, c * grid.rows * grid.columns)
  }
  const digest = createHash('sha256').update(bytesOf(pixels)).digest()
  const tiles: Uint8Array[] = []
  for (let index = 0; packing !== 'none' && index < rows * columns; index++) {
    const top = Math.floor(index / columns) * tile.height
    const left = (index % columns) * tile.width
    const bytes = bytesOf(cutTile(pixels, shape, tile, top, left))
    tiles.push(withCrc32c(packing === 'zstd' ? await compress(bytes) : bytes))
  }
  return { counts, blockMeans, digest, tiles }
}

/** Bytes followed by their CRC-32C, as the codec of that name has it. */
export function withCrc32c(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + 4)
  out.set(bytes)
  new DataView(out.buffer).setUint32(bytes.length, crc32c(bytes), true)
  return out
}

/** Consecutive parts of so many bytes. */
function parts(bytes: Uint8Array, lengths: Float64Array): Uint8Array[] {
  let end = 0
  return Array.from(lengths, (length) => {
    end += length
    return bytes.subarray(end - length, end)
  })
}

function bytesOf({ buffer, byteOffset, byteLength }: Pixels): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
