import { statfsSync } from 'node:fs'
import { blockGrid, histogramBins } from '@phenoprint/pixels'
import { ImageError, MachineError } from '../errors.js'
import { type Encoding, loadSite, type SiteToLoad, spread } from './load-sites.js'

/** Sites encoded to learn how far the screen's images compress, and how long that takes. */
const samples = 5
/** Metadata and directory entries of a site, measured. */
const metadataBytes = 3500

/** What making a store takes, about. */
export interface Estimate {
  readonly bytes: number
  readonly seconds: number
}

/**
 * How much disk and time a number of sites will take, from a few of them encoded as they will be. The
 * first of them is not timed: it pays for all that is done once.
 *
 * @param plates Over how many plates they are spread.
 * @throws {MachineError} when memory has run out.
 */
export async function estimate(
  sites: readonly SiteToLoad[],
  plates: number,
  encoding: Encoding,
): Promise<Estimate> {
  const sizes: number[] = []
  const encode = async (chosen: readonly SiteToLoad[]) => {
    const began = performance.now()
    for (const loading of chosen.map((site) => loadSite(site, encoding))) {
      const loaded = await loading
      if (loaded instanceof MachineError) throw loaded
      // A broken image is told when its plate is made, with all others of that plate.
      if (loaded instanceof ImageError) continue
      // Pixels that stay where they are take no room.
      sizes.push(loaded.shard?.length ?? 0)
    }
    return (performance.now() - began) / 1000 / Math.max(1, chosen.length)
  }
  const [first, ...others] = spread(samples, sites.length).flatMap((index) => sites[index] ?? [])
  const firstSeconds = await encode(first === undefined ? [] : [first])
  const seconds = others.length === 0 ? firstSeconds : await encode(others)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const { channels, height, width, dtype } = encoding.of.image
  const statistics = channels * (16 + histogramBins[dtype])
  const shard = sizes.length === 0 ? 0 : total / sizes.length
  const { rows, columns } = blockGrid(height, width)
  const field = channels * rows * columns * 8
  return {
    bytes: Math.ceil(sites.length * (shard + metadataBytes + statistics) + plates * field),
    seconds: sites.length * seconds,
  }
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
