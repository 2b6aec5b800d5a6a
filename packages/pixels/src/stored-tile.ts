import { native } from './native.js'
import type { Normalisation } from './place-tile.js'
import { type SymmetryName, sourceSteps, swapsAxes } from './symmetry.js'

/** A tile without padding as it lies in a file: `[channel, y, x]`, little-endian, then its CRC-32C. */
export interface StoredTile {
  /** An open file's number; it must stay open until the tile is placed. */
  readonly file: number
  /** In bytes from the start of the file. */
  readonly position: number
  /** In bytes, checksum included. */
  readonly length: number
  /** Whether the pixels are one zstd frame. */
  readonly compressed: boolean
  readonly dtype: 'uint8' | 'uint16'
  readonly channels: number
  readonly height: number
  readonly width: number
}

/** Each channel to mean 0 and deviation 1 by the tile's own pixels: `(value - mean) / (deviation + epsilon)`. */
export interface OwnNormalisation {
  readonly epsilon: number
  /** `[channel]`: 1, or 0 for a channel that becomes 0 throughout. */
  readonly kept: Float64Array
}

/** Whether {@link placeStoredTile} can do anything here. */
export const placesStoredTiles = native !== null

/**
 * What reading, verifying, unpacking, normalising and {@link placeTile} do, in one go on a thread of the
 * system's pool; nothing is kept of the tile.
 *
 * @returns whether it was done. Where not, the steps one by one tell why.
 */
export async function placeStoredTile(
  { file, position, length, compressed, dtype, channels, height, width }: StoredTile,
  symmetry: SymmetryName,
  normalisation: Normalisation | OwnNormalisation,
  output: Float32Array,
  offset: number,
): Promise<boolean> {
  if (native === null) return false
  const { start, stepY, stepX } = sourceSteps(symmetry, height, width)
  const [rows, columns] = swapsAxes(symmetry) ? [width, height] : [height, width]
  const own = 'kept' in normalisation
  const done = await native.placeStoredTile(
    [file, position, length, compressed ? 1 : 0, dtype === 'uint8' ? 1 : 2],
    [channels, height, width],
    [rows, columns, start, stepY, stepX],
    own ? normalisation.epsilon : 0,
    own ? none : normalisation.centre,
    own ? normalisation.kept : normalisation.scale,
    output,
    offset,
  )
  return done === 1
}

const none = new Float64Array(0)
