import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import { decodeInto, readHeader } from '@phenoprint/pixels'
import { ImageError, MachineError } from '../errors.js'
import { memoryFault } from '../run/memory-fault.js'
import { checkHeader, type ImageFormat, imageFault } from './image-format.js'
import type { SitePixels } from './plate-writer.js'
import type { SiteSources } from './sources.js'
import { emptyPixels } from './tiling.js'

/** A site to decode: its files, and which channels to fill with zeros. */
export interface SiteToLoad {
  readonly sources: SiteSources
  readonly zeroed: readonly number[]
}

/** Memory for sites that are decoded ahead. */
const aheadBytes = 256 * 2 ** 20

/**
 * Decodes sites in order, a few ahead at once: as many as keep all cores busy, and never more than
 * fit in 256 MiB.
 *
 * A broken image does not stop it at once: the rest is read too, so that one run names all.
 *
 * @throws {ImageError} after the last site, when any image is broken or not like the others.
 * @throws {MachineError} at once, when memory has run out.
 * @throws {InterruptedError} between two sites, when asked to stop.
 */
export async function* loadSites(
  sites: readonly SiteToLoad[],
  format: ImageFormat,
  signal: AbortSignal,
): AsyncGenerator<SitePixels> {
  const ahead = sitesAhead(format)
  const underWay: Promise<SitePixels | ImageError | MachineError>[] = []
  const faults: ImageError[] = []
  let next = 0
  for (;;) {
    for (; underWay.length < ahead && next < sites.length; next++) {
      const site = sites[next]
      if (site !== undefined) underWay.push(loadSite(site, format))
    }
    const first = underWay.shift()
    if (first === undefined) break
    const site = await first
    // Lets signals and finished reads in, however fast the sites come.
    await setImmediate()
    signal.throwIfAborted()
    if (site instanceof MachineError) throw site
    if (site instanceof ImageError) faults.push(site)
    else if (faults.length === 0) yield site
  }
  throwAll(faults)
}

function sitesAhead({ shape }: ImageFormat): number {
  const { channels, height, width, dtype } = shape
  const siteBytes = channels * height * width * (dtype === 'uint8' ? 1 : 2)
  return Math.max(1, Math.min(2 * availableParallelism(), Math.floor(aheadBytes / siteBytes)))
}

/** A site's pixels, or what is wrong with one of its images, or that memory has run out. */
export async function loadSite(
  { sources, zeroed }: SiteToLoad,
  format: ImageFormat,
): Promise<SitePixels | ImageError | MachineError> {
  const { channels, height, width, dtype } = format.shape
  const pixels = emptyPixels(dtype, channels * height * width)
  const plane = height * width
  const planes = format.planes.map((chosen, index) => chosen ?? index)
  for (const [index, source] of sources.entries()) {
    if (source === null) continue
    try {
      const bytes = await readFile(source.path)
      checkHeader(await readHeader(bytes), source.path, format, index)
      if (format.layout === 'oneFile') await decodeInto(bytes, planes, pixels)
      else await decodeInto(bytes, [format.planes[index] ?? 0], pixels, index * plane)
    } catch (cause) {
      const fault = memoryFault(cause)
      return fault instanceof MachineError ? fault : imageFault(source.path, cause)
    }
  }
  return { pixels, missing: zeroed }
}

function throwAll(faults: readonly ImageError[]): void {
  const [first, ...others] = faults
  if (first === undefined) return
  if (others.length === 0) throw first
  const list = faults.map(({ message }) => `  ${message}`).join('\n')
  throw new ImageError(`images: ${faults.length} sites of this plate cannot be used:\n${list}`, {
    cause: first,
  })
}
