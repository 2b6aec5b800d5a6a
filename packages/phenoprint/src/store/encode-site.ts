import { type Pixels, packSite } from '@phenoprint/pixels'
import { encodeShard, shardIndexBytes } from './shard.js'
import type { SiteMemory } from './site-memory.js'
import { type SiteStatistics, siteStatistics } from './site-statistics.js'
import type { Tiling } from './tiling.js'

export type Codec = 'none' | 'zstd'

/** What a plate's file holds of a site. */
export interface EncodedSite {
  readonly statistics: SiteStatistics
  /** `[channel, row, column]`, for the plate's mean image. */
  readonly blockMeans: Float64Array
  /** SHA-256 of its pixels. */
  readonly digest: Uint8Array
  /** Its tiles, row by row; null where the pixels stay where they are. */
  readonly shard: Uint8Array | null
  /** Channel indices that were filled with zeros. */
  readonly missing: readonly number[]
  /** What its shard lies in. */
  readonly memory: SiteMemory
}

/**
 * Encodes a site.
 *
 * @param pixels `[channel, y, x]`
 * @param missing Channels that were filled with zeros.
 * @param codec `in place` where the pixels stay where they are.
 * @throws {PixelError} when memory runs out.
 */
export async function encodeSite(
  pixels: Pixels,
  missing: readonly number[],
  { image, tile, tilesPerSite }: Tiling,
  codec: Codec | 'in place',
  memory: SiteMemory,
): Promise<EncodedSite> {
  const packing = ({ 'in place': 'none', none: 'plain', zstd: 'zstd' } as const)[codec]
  const room = (bytes: number) => memory.room(bytes)
  // With room for the index behind the tiles, so that they are a shard where they lie.
  const index = shardIndexBytes(tilesPerSite)
  const packed = await packSite(pixels, image, tile, packing, (bytes) => room(bytes + index))
  const { counts, blockMeans, digest, tiles } = packed
  const statistics = siteStatistics(counts, image, missing)
  const shard = codec === 'in place' ? null : encodeShard(tiles, room)
  return { statistics, blockMeans, digest, shard, missing, memory }
}
