import { createHash } from 'node:crypto'
import type { Pixels } from '@phenoprint/pixels'
import { ImageError, StoreError } from '../errors.js'
import type { Reporter } from '../run/reporter.js'
import { pixelDigest } from '../store/site-statistics.js'
import type { Store } from '../store/store.js'
import { readSite } from '../store/verify.js'
import type { Finding } from './finding.js'
import { focusScore } from './focus.js'

/** What reading every pixel of a store tells. */
export interface PixelFacts {
  /** Sites, or whole plates, whose checksums or digests differ. */
  readonly findings: readonly Finding[]
  /** Whether a site could be read, and is what its digest says. */
  readonly whole: readonly boolean[]
  /** How sharp each channel of a site is, `[site * channels + channel]`; NaN where it is not known. */
  readonly focus: Float64Array
  /** First half of the SHA-256 of each channel of a site, likewise; empty where it is not known. */
  readonly planes: readonly string[]
}

/**
 * Reads every pixel, and goes on where some are damaged.
 *
 * @param unreadable Plates that are not to be read, for their files are known to be damaged.
 * @throws {InterruptedError} between two sites, when asked to stop.
 */
export async function readPixels(
  store: Store,
  unreadable: ReadonlySet<number>,
  reporter: Reporter,
): Promise<PixelFacts> {
  const { channels } = store
  const sites = store.screen.sites.length
  const findings: Finding[] = []
  const whole: boolean[] = new Array(sites).fill(false)
  const focus = new Float64Array(sites * channels).fill(Number.NaN)
  const planes: string[] = new Array(sites * channels).fill('')
  const progress = reporter.progress('audit', sites, 'sites')
  for (const [plate, { id }] of store.screen.plates.entries()) {
    if (unreadable.has(plate)) continue
    const digests = plateDigests(store, plate)
    if (digests instanceof StoreError) {
      findings.push({ check: 'corrupt', severity: 'error', where: id, what: digests.message })
      continue
    }
    for (const [row, site] of store.plateSites(plate).entries()) {
      reporter.signal.throwIfAborted()
      progress.advance(1)
      const pixels = await sitePixels(store, site, digests.subarray(32 * row, 32 * row + 32))
      if (pixels instanceof Error) {
        const where = store.screen.sites[site]?.id ?? ''
        findings.push({ check: 'corrupt', severity: 'error', where, what: pixels.message })
        continue
      }
      whole[site] = true
      readChannels(store, pixels, (channel, score, digest) => {
        focus[site * channels + channel] = score
        planes[site * channels + channel] = digest
      })
    }
  }
  progress.done()
  return { findings, whole, focus, planes }
}

function plateDigests(store: Store, plate: number): Uint8Array | StoreError {
  try {
    return store.pixelDigests(plate)
  } catch (error) {
    if (error instanceof StoreError) return error
    throw error
  }
}

async function sitePixels(
  store: Store,
  site: number,
  expected: Uint8Array,
): Promise<Pixels | StoreError | ImageError> {
  try {
    const pixels = await readSite(store, site)
    if (Buffer.compare(pixelDigest(pixels), expected) === 0) return pixels
    const { id } = store.screen.sites[site] ?? {}
    return new StoreError(
      `store: ${store.plateFile(store.plateOf(site))}: site ${id}: its pixels differ from their digest. Delete this file and run preprocess again: it makes what is missing.`,
    )
  } catch (error) {
    if (error instanceof StoreError || error instanceof ImageError) return error
    throw error
  }
}

function readChannels(
  { channels, imageShape: { height, width } }: Store,
  pixels: Pixels,
  tell: (channel: number, focus: number, digest: string) => void,
): void {
  for (let channel = 0; channel < channels; channel++) {
    const plane = pixels.subarray(channel * height * width, (channel + 1) * height * width)
    const bytes = new Uint8Array(plane.buffer, plane.byteOffset, plane.byteLength)
    const digest = createHash('sha256').update(bytes).digest().toString('latin1', 0, 16)
    tell(channel, focusScore(plane, height, width), digest)
  }
}
