import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import { decodeInto, decodePngFile, type Pixels, readHeader } from '@phenoprint/pixels'
import { ImageError, MachineError } from '../errors.js'
import { memoryFault } from '../run/memory-fault.js'
import { type Codec, type EncodedSite, encodeSite } from './encode-site.js'
import { checkHeader, type ImageFormat, imageFault } from './image-format.js'
import { SiteMemory } from './site-memory.js'
import type { SiteSources } from './sources.js'
import type { Tiling } from './tiling.js'

/** A site to decode: its files, and which channels to fill with zeros. */
export interface SiteToLoad {
  readonly sources: SiteSources
  readonly zeroed: readonly number[]
}

/** As what sites are read, and written. */
export interface Encoding {
  readonly format: ImageFormat
  readonly of: Tiling
  readonly codec: Codec | 'in place'
  /** Memory that no site is in. */
  readonly free: SiteMemory[]
}

/** Memory for sites that are decoded ahead. */
const aheadBytes = 256 * 2 ** 20
/** Sites of a plate that are decoded before all others, and the memory for them. */
const earlySites = 8
const earlyBytes = 128 * 2 ** 20

/** Sites that were encoded before their turn, by their place, or what is wrong with them. */
export type EarlySites = ReadonlyMap<number, EncodedSite | ImageError>

/**
 * Encodes a few sites from all over a plate: eight, or as many as fit in 128 MiB, but one at least.
 *
 * @throws {MachineError} when memory has run out.
 */
export async function loadEarly(
  sites: readonly SiteToLoad[],
  encoding: Encoding,
): Promise<EarlySites> {
  const fitting = Math.floor(earlyBytes / siteBytes(encoding.format))
  const chosen = spread(Math.max(1, Math.min(earlySites, fitting)), sites.length)
  const early = new Map<number, EncodedSite | ImageError>()
  await Promise.all(
    chosen.map(async (index) => {
      const site = sites[index]
      const loaded = site === undefined ? undefined : await loadSite(site, encoding)
      if (loaded instanceof MachineError) throw loaded
      if (loaded !== undefined) early.set(index, loaded)
    }),
  )
  return early
}

/** At most so many whole numbers below `end`, as far from each other as from the ends. */
export function spread(most: number, end: number): number[] {
  const number = Math.min(most, end)
  return Array.from({ length: number }, (_, i) => Math.floor(((i + 0.5) * end) / number))
}

/**
 * Decodes and encodes sites in order, a few ahead at once: as many as keep all cores busy, and never more than
 * fit in 256 MiB. A site's shard holds until the next one is asked for.
 *
 * A broken image does not stop it at once: the rest is read too, so that one run names all.
 *
 * @param early Those that are encoded already.
 * @throws {ImageError} after the last site, when any image is broken or not like the others.
 * @throws {MachineError} at once, when memory has run out.
 * @throws {InterruptedError} between two sites, when asked to stop.
 */
export async function* loadSites(
  sites: readonly SiteToLoad[],
  encoding: Encoding,
  early: EarlySites,
  signal: AbortSignal,
): AsyncGenerator<EncodedSite> {
  const ahead = sitesAhead(encoding.format)
  const underWay: (EncodedSite | ImageError | Promise<EncodedSite | ImageError | MachineError>)[] =
    []
  const faults: ImageError[] = []
  let next = 0
  for (;;) {
    for (; underWay.length < ahead && next < sites.length; next++) {
      const site = sites[next]
      if (site !== undefined) underWay.push(early.get(next) ?? loadSite(site, encoding))
    }
    const first = underWay.shift()
    if (first === undefined) break
    const site = await first
    // Lets signals and finished reads in, however fast the sites come.
    await setImmediate()
    signal.throwIfAborted()
    if (site instanceof MachineError) throw site
    if (site instanceof ImageError) faults.push(site)
    else if (faults.length === 0) {
      yield site
      encoding.free.push(site.memory)
    }
  }
  throwAll(faults)
}

function sitesAhead(format: ImageFormat): number {
  const fitting = Math.floor(aheadBytes / siteBytes(format))
  return Math.max(1, Math.min(2 * availableParallelism(), fitting))
}

/** Of a site that is being encoded: its pixels, and what they are packed into, hardly more. */
function siteBytes({ shape: { channels, height, width, dtype } }: ImageFormat): number {
  return 2 * channels * height * width * (dtype === 'uint8' ? 1 : 2)
}

/** A site decoded and encoded, or what is wrong with one of its images, or that memory has run out. */
export async function loadSite(
  { sources, zeroed }: SiteToLoad,
  { format, of, codec, free }: Encoding,
): Promise<EncodedSite | ImageError | MachineError> {
  const { channels, height, width, dtype } = format.shape
  const memory = free.pop() ?? new SiteMemory()
  const pixels = memory.pixels(dtype, channels * height * width)
  for (const [index, source] of sources.entries()) {
    if (source === null) continue
    try {
      await decodeSource(source.path, index, format, pixels)
    } catch (cause) {
      const fault = memoryFault(cause)
      return fault instanceof MachineError ? fault : imageFault(source.path, cause)
    }
  }
  try {
    return await encodeSite(pixels, zeroed, of, codec, memory)
  } catch (cause) {
    const fault = memoryFault(cause)
    if (fault instanceof MachineError) return fault
    throw cause
  }
}

/**
 * Decodes a file into its place among a site's planes.
 *
 * @param index Of the file among those of its site.
 * @throws {ImageError} {PixelError} when it is broken, or not as the others are.
 */
async function decodeSource(
  path: string,
  index: number,
  format: ImageFormat,
  pixels: Pixels,
): Promise<void> {
  const { height, width, dtype } = format.shape
  const planes = format.planes.map((chosen, plane) => chosen ?? plane)
  const plane = height * width
  if (format.layout === 'field') {
    checkHeader(await format.fields.header(path), path, format, index)
    const whole = { top: 0, left: 0, height, width }
    pixels.set(await format.fields.read(path, planes, whole))
    return
  }
  if (format.layout === 'filePerChannel' && (format.planes[index] ?? null) === null) {
    const grey = { width, height, samples: 1, bitDepth: dtype === 'uint8' ? 8 : 16 } as const
    const own = pixels.subarray(index * plane, (index + 1) * plane)
    if (await decodePngFile(path, grey, own)) return
  }
  const bytes = await readFile(path)
  checkHeader(await readHeader(bytes), path, format, index)
  if (format.layout === 'oneFile') await decodeInto(bytes, planes, pixels)
  else await decodeInto(bytes, [format.planes[index] ?? 0], pixels, index * plane)
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
