import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, relative } from 'node:path'
import { errorCode } from '../error-code.js'
import { ImageError } from '../errors.js'
import type { Reporter } from '../run/reporter.js'
import type { Screen } from '../screen/screen.js'
import { fieldPath } from './field-path.js'
import { FieldReader } from './field-reader.js'

/** An image file, or a field of an OME-Zarr plate, that is there. */
export interface Source {
  readonly path: string
  /** From the screen's folder: what a store remembers, wherever it or the folder is moved. */
  readonly name: string
  /** Of the file; of a field, its metadata. */
  readonly bytes: number
}

/** The image files of a site as the screen names them: one a channel, or one for all; null is missing. */
export type SiteSources = readonly (Source | null)[]

/** Files asked about at once: enough to hide the latency of a network disk. */
const concurrency = 32

/**
 * Which image files are there. Folders are listed once, so that a file that is missing costs nothing.
 *
 * @param folder The screen's folder.
 * @returns By site of the screen.
 */
export async function findSources(
  screen: Screen,
  folder: string,
  reporter: Reporter,
): Promise<SiteSources[]> {
  const folders = new Map<string, Promise<ReadonlySet<string>>>()
  const found: SiteSources[] = new Array(screen.sites.length)
  const progress = reporter.progress('looking for images', screen.sites.length, 'sites')
  using fields = new FieldReader()
  const find = async (path: string): Promise<Source | null> => {
    if (fieldPath(path) !== null) {
      const bytes = fields.metadataBytes(path)
      return bytes === null ? null : { path, name: relative(folder, path), bytes }
    }
    const parent = dirname(path)
    const listing = folders.get(parent) ?? listFolder(parent)
    folders.set(parent, listing)
    if (!(await listing).has(basename(path))) return null
    return { path, name: relative(folder, path), bytes: (await stat(path)).size }
  }
  let next = 0
  const work = async () => {
    for (let site = next++; site < screen.sites.length; site = next++) {
      reporter.signal.throwIfAborted()
      const images = screen.sites[site]?.images ?? []
      const sources: (Source | null)[] = []
      for (const image of images) sources.push(await find(image))
      found[site] = sources
      progress.advance(1)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  progress.done()
  return found
}

async function listFolder(path: string): Promise<ReadonlySet<string>> {
  try {
    return new Set(await readdir(path))
  } catch (cause) {
    const code = errorCode(cause)
    if (code === 'ENOENT' || code === 'ENOTDIR') return new Set()
    throw new ImageError(`screen: ${path}: cannot be listed: ${cause}. Check its permissions.`, {
      cause,
    })
  }
}

/**
 * A digest of which files a plate is made from: names, sizes and what is missing, not their place or
 * their dates.
 */
export function sourcesDigest(
  sites: readonly { readonly id: string; readonly sources: SiteSources }[],
): string {
  const hash = createHash('sha256')
  for (const { id, sources } of sites) {
    const files = sources.map((source) => source && [source.name, source.bytes])
    hash.update(JSON.stringify([id, files]))
  }
  return hash.digest('hex')
}
