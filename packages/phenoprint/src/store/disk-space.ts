import { statfsSync } from 'node:fs'
import { blockGrid, histogramBins } from '@phenoprint/pixels'
import { ImageError, MachineError } from '../errors.js'
import type { ImageFormat } from './image-format.js'
import { loadSite, type SiteToLoad } from './load-sites.js'
import { type Codec, encodeSite } from './plate-writer.js'
import type { Tiling } from './tiling.js'

/** Sites encoded to learn how far the screen's images compress. */
const samples = 5
/** Metadata and directory entries of a site, measured. */
const metadataBytes = 3500

/**
 * How much disk a number of sites will take, from a few of them encoded as they will be.
 *
 * @param plates Over how many plates they are spread.
 * @returns bytes, about.
 */
export async function estimateBytes(
  sites: readonly SiteToLoad[],
  plates: number,
  format: ImageFormat,
  of: Tiling,
  codec: Codec,
): Promise<number> {
  const chosen = Array.from({ length: Math.min(samples, sites.length) }, (_, i) =>
    Math.floor(((i + 0.5) * sites.length) / Math.min(samples, sites.length)),
  )
  let bytes = 0
  let encoded = 0
  for (const index of chosen) {
    const site = sites[index]
    const loaded = site === undefined ? null : await loadSite(site, format)
    if (loaded instanceof MachineError) throw loaded
    // A broken image is told when its plate is made, with all others of that plate.
    if (loaded === null || loaded instanceof ImageError) continue
    bytes += (await encodeSite(loaded.pixels, of, codec)).length
    encoded++
  }
  const { channels, height, width, dtype } = of.image
  const statistics = channels * (16 + histogramBins[dtype])
  const shard = encoded === 0 ? 0 : bytes / encoded
  const { rows, columns } = blockGrid(height, width)
  const field = channels * rows * columns * 8
  return Math.ceil(sites.length * (shard + metadataBytes + statistics) + plates * field)
}

/** Bytes free to this user on the disk of a folder that is there. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

/**
 * Stops before anything is written when it will not fit.
 *
 * @throws {MachineError} with the bytes needed and free.
 */
export function requireSpace(
  folder: string,
  needed: number,
  free: number,
  what = 'the store',
): void {
  if (needed <= free) return
  throw new MachineError(
    `disk: ${folder} needs about ${needed.toLocaleString('en')} bytes more for ${what}, and has ${free.toLocaleString('en')} free. Free some space there, or set store.path to another disk.`,
  )
}
