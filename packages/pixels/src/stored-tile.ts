import { native } from './native.js'
import type { ImageValues, Normalisation } from './place-tile.js'
import { type SymmetryName, sourceSteps, swapsAxes } from './symmetry.js'

/** A tile without padding as it lies in a file: `[channel, y, x]`, little-endian, then its CRC-32C. */
export interface StoredTile extends TileKind {
  /** An open file's number; it must stay open until the tile is placed. */
  readonly file: number
  /** In bytes from the start of the file. */
  readonly position: number
  /** In bytes, checksum included. */
  readonly length: number
}

/** What tiles of one store have in common. */
interface TileKind {
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

/** A tile that is to be placed, and how. */
export interface TilePlacement {
  readonly tile: StoredTile
  readonly symmetry: SymmetryName
  readonly normalisation: Normalisation | OwnNormalisation
  /** Of its first value in the output, in values. */
  readonly offset: number
}

/** Whether {@link placeStoredTiles} can do anything here. */
export const placesStoredTiles = native !== null

/**
 * What reading, verifying, unpacking, normalising and {@link placeTile} do, in one go on a thread of the
 * system's pool, one tile after the other; nothing is kept of them.
 *
 * @param placements Tiles of one store, normalised in one way: all by themselves, or none.
 * @returns of each, whether it was done. Where not, the steps one by one tell why.
 * @throws {RangeError} when the tiles are of several kinds.
 */
export async function placeStoredTiles(
  placements: readonly TilePlacement[],
  output: ImageValues,
): Promise<readonly boolean[]> {
  const [first] = placements
  if (native === null || first === undefined) return placements.map(() => false)
  const { channels, height, width, dtype, compressed } = first.tile
  const own = 'kept' in first.normalisation
  const numbers = new Float64Array(placements.length * numbersPerTile)
  const centre = new Float64Array(own ? 0 : placements.length * channels)
  const scale = new Float64Array(placements.length * channels)
  placements.forEach(({ tile, symmetry, normalisation, offset }, i) => {
    if (!isOfOneKind(tile, first.tile) || 'kept' in normalisation !== own) {
      throw new RangeError(
        `tile ${i} is of another kind than the first, or normalised in another way`,
      )
    }
    const { start, stepY, stepX } = sourceSteps(symmetry, height, width)
    const [rows, columns] = swapsAxes(symmetry) ? [width, height] : [height, width]
    const { file, position, length } = tile
    const of = [file, position, length, rows, columns, start, stepY, stepX, offset]
    numbers.set(of, i * numbersPerTile)
    if ('kept' in normalisation) scale.set(normalisation.kept, i * channels)
    else {
      centre.set(normalisation.centre, i * channels)
      scale.set(normalisation.scale, i * channels)
    }
  })
  const placed = new Uint8Array(placements.length)
  await native.placeStoredTiles(
    numbers,
    [channels, height, width, dtype === 'uint8' ? 1 : 2, compressed ? 1 : 0],
    'kept' in first.normalisation ? first.normalisation.epsilon : 0,
    centre,
    scale,
    output,
    placed,
  )
  return Array.from(placed, (done) => done === 1)
}

/** As native/addon.cc has them. */
const numbersPerTile = 9

function isOfOneKind(tile: TileKind, other: TileKind): boolean {
  return (
    tile.compressed === other.compressed &&
    tile.dtype === other.dtype &&
    tile.channels === other.channels &&
    tile.height === other.height &&
    tile.width === other.width
  )
}
