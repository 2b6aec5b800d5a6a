import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { allOrFirst } from '../all-or-first.js'
import { StoreError } from '../errors.js'
import { diskFault } from '../run/disk-fault.js'
import { archiveComment } from '../store/metadata.js'
import { ZipReader } from '../store/zip-reader.js'
import { ZipWriter } from '../store/zip-writer.js'
import { entryOrder } from './entry-order.js'

/** What follows the name of a folder while it is being written. */
const partial = '.part'
/** Files that are on their way to the disk at once: it takes long to confirm one, and hardly longer for several. */
const atOnce = 16

/**
 * Unpacks a plate's archive into a folder, each entry's checksum verified: whole under its name, or not
 * at all. A folder that is there already stays, when it is of the same plate.
 *
 * @returns whether it was written now.
 * @throws {StoreError} when the archive is damaged, or the folder holds something else.
 * @throws {MachineError} when the disk is full.
 */
export async function unpackPlate(archive: string, folder: string): Promise<boolean> {
  using zip = ZipReader.open(archive)
  if (existsSync(folder)) {
    for (const name of ['zarr.json', 'statistics/digest/c/0/0']) {
      const path = join(folder, name)
      if (existsSync(path) && Buffer.compare(readFileSync(path), zip.entry(name)) === 0) continue
      throw new StoreError(
        `export: ${folder} is there and does not hold the plate of ${archive}. Move it away, or set export.path to another folder.`,
      )
    }
    return false
  }
  const part = `${folder}${partial}`
  rmSync(part, { recursive: true, force: true })
  try {
    const names = [...zip.names]
    for (let first = 0; first < names.length; first += atOnce) {
      await allOrFirst(
        names.slice(first, first + atOnce).map(async (name) => {
          const path = insideOf(part, name, archive)
          mkdirSync(dirname(path), { recursive: true })
          await writeFile(path, zip.entry(name), { flush: true })
        }),
      )
    }
    renameSync(part, folder)
  } catch (cause) {
    rmSync(part, { recursive: true, force: true })
    throw cause instanceof StoreError ? cause : diskFault(cause, folder)
  }
  return true
}

/** @throws {StoreError} for a name that leads out of the folder: an archive may claim any. */
function insideOf(folder: string, name: string, archive: string): string {
  const steps = name.split('/')
  if (steps.every((step) => /^[A-Za-z0-9._-]+$/.test(step) && !/^\.+$/.test(step))) {
    return join(folder, ...steps)
  }
  throw new StoreError(
    `export: ${archive}: entry ${JSON.stringify(name)} is not a name that a plate has. Run preprocess again to make the store anew.`,
  )
}

/**
 * Packs the directory form of a plate into an archive: the bytes that preprocess wrote.
 *
 * @throws {StoreError} when the folder does not hold all of a plate, and nothing else.
 * @throws {MachineError} when the disk is full.
 */
export function packPlate(folder: string, archive: string): void {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
  const order = entryOrder(folder, names, (name) => readFileSync(join(folder, name), 'utf8'))
  using zip = new ZipWriter(archive)
  for (const name of order) zip.add(name, readFileSync(join(folder, name)))
  zip.finish(archiveComment)
}
