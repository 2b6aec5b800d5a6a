import type { Pixels } from '@phenoprint/pixels'
import { StoreError } from '../errors.js'
import type { Reporter } from '../run/reporter.js'
import type { Screen } from '../screen/screen.js'
import { pixelDigest } from './site-statistics.js'
import { emptyPixels, filledPart, type Tiling } from './tiling.js'

/** The parts of a store that are read here. */
export interface StoredPixels {
  readonly screen: Screen
  readonly tiling: Tiling
  readTile(site: number, tile: number): Promise<Pixels>
  pixelDigests(plate: number): Uint8Array
  plateMoments(plate: number): { readonly sites: readonly number[] }
  plateFile(plate: number): string
}

/**
 * Reads every pixel of a store and compares it with the digests.
 *
 * @throws {StoreError} when a checksum or a digest differs; it names the file and the site.
 */
export async function verifyPixels(store: StoredPixels, reporter: Reporter): Promise<void> {
  const progress = reporter.progress('verify', store.screen.sites.length, 'sites')
  for (let plate = 0; plate < store.screen.plates.length; plate++) {
    const digests = store.pixelDigests(plate)
    const { sites } = store.plateMoments(plate)
    for (const [row, site] of sites.entries()) {
      reporter.signal.throwIfAborted()
      const digest = pixelDigest(await readSite(store, site))
      if (Buffer.compare(digest, digests.subarray(32 * row, 32 * row + 32)) !== 0) {
        throw new StoreError(
          `store: ${store.plateFile(plate)}: site ${store.screen.sites[site]?.id}: its pixels differ from their digest. Delete this file and run preprocess again: it makes what is missing.`,
        )
      }
      progress.advance(1)
    }
  }
  progress.done()
}

/** The pixels of a whole site, `[channel, y, x]`, put together from its tiles. */
export async function readSite(store: StoredPixels, site: number): Promise<Pixels> {
  const { image, tile, columns, tilesPerSite } = store.tiling
  const pixels = emptyPixels(image.dtype, image.channels * image.height * image.width)
  for (let index = 0; index < tilesPerSite; index++) {
    const part = await store.readTile(site, index)
    const filled = filledPart(store.tiling, index)
    const top = Math.floor(index / columns) * tile.height
    const left = (index % columns) * tile.width
    for (let c = 0; c < image.channels; c++) {
      for (let y = 0; y < filled.height; y++) {
        const from = (c * tile.height + y) * tile.width
        const row = part.subarray(from, from + filled.width)
        pixels.set(row, (c * image.height + top + y) * image.width + left)
      }
    }
  }
  return pixels
}
