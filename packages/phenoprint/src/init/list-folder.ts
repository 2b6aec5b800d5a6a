import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ScreenError } from '../errors.js'

/** What lies in a folder, by kind. Paths are below it, with `/`, sorted by code unit. */
export interface FolderListing {
  /** Absolute. */
  readonly folder: string
  readonly images: readonly string[]
  readonly tables: readonly string[]
  /** OME-Zarr: `.ozx` files, and folders that hold a `zarr.json`. */
  readonly zarrs: readonly string[]
  /** How many files of each other kind there are. */
  readonly others: ReadonlyMap<string, number>
}

const imageEndings = new Set(['png', 'tif', 'tiff', 'jpg', 'jpeg'])
/** Folders within folders that are looked into: a link to a folder above ends there. */
const deepest = 12
/** Small copies that instruments write beside their images. */
const thumbnail = /thumb/i

/**
 * Lists a folder and all in it, but hidden files and thumbnails.
 *
 * @throws {ScreenError} when it is not there, is no folder, or cannot be listed.
 */
export async function listFolder(folder: string): Promise<FolderListing> {
  const images: string[] = []
  const tables: string[] = []
  const zarrs: string[] = []
  const others = new Map<string, number>()
  const sort = (path: string) => {
    const ending = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? ''
    if (imageEndings.has(ending)) images.push(path)
    else if (ending === 'csv') tables.push(path)
    else if (ending === 'ozx') zarrs.push(path)
    else others.set(ending, (others.get(ending) ?? 0) + 1)
  }
  const walk = async (below: string, depth: number): Promise<void> => {
    const entries = await readdir(join(folder, below), { withFileTypes: true })
    const isZarr = entries.some(({ name }) => name === 'zarr.json')
    if (isZarr && below === '') {
      throw new Error('it is itself an OME-Zarr plate, or a part of one; name the folder above it')
    }
    if (isZarr) {
      zarrs.push(below)
      return
    }
    for (const entry of entries) {
      const { name } = entry
      if (name.startsWith('.') || thumbnail.test(name)) continue
      const path = below === '' ? name : `${below}/${name}`
      const isFolder =
        entry.isDirectory() ||
        (entry.isSymbolicLink() && (await stat(join(folder, path))).isDirectory())
      if (!isFolder) sort(path)
      else if (depth < deepest) await walk(path, depth + 1)
    }
  }
  try {
    await walk('', 0)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ScreenError(
      `init: ${folder} cannot be listed: ${reason}. Name the folder that holds the images, such as: phenoprint init data/my-screen`,
      { cause },
    )
  }
  for (const list of [images, tables, zarrs]) list.sort()
  return { folder, images, tables, zarrs, others }
}
