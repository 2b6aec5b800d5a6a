import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Config } from '../config/config.js'
import { requireSection } from '../config/require.js'
import { ConfigError, StoreError } from '../errors.js'
import { Lock } from '../run/lock.js'
import { makeFolder } from '../run/make-folder.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import { freeBytes, requireSpace } from '../store/disk-space.js'
import { readStoredScreen, type StoredScreen, writeStoredScreen } from '../store/stored-screen.js'
import { count } from '../words.js'
import { packPlate, unpackPlate } from './plate-forms.js'

/**
 * `phenoprint export`: a store as OME-Zarr directories, one a plate, or such directories as a store
 * again, byte by byte the one they came from. `screen.json` goes along. Stopped and run again, it goes
 * on with the plates that are not there yet.
 *
 * @throws {ConfigError} when `store` or `export` is missing, or both name one folder.
 * @throws {StoreError} when the store is not finished, or damaged.
 * @throws {MachineError} when the disk is full, or would be.
 * @throws {RunDirectoryError} when another process works in the folder.
 * @throws {InterruptedError} between two plates, when asked to stop.
 */
export async function exportStore(config: Config, reporter: Reporter): Promise<VerbResult> {
  const { path: from } = requireSection(config, 'store', 'export')
  const { path: to, form } = requireSection(config, 'export', 'export')
  if (resolve(from) === resolve(to)) {
    throw new ConfigError(`export.path: got ${to}, which is store.path, expected another folder.`)
  }
  const stored = readStoredScreen(from)
  if (stored === null) {
    throw new StoreError(
      `export: ${from} holds no finished store: there is no screen.json. Run preprocess first, or correct store.path.`,
    )
  }
  if (stored.inPlace !== undefined) {
    throw new ConfigError(
      `export: ${from} holds no pixels: they stay in the OME-Zarr plates of ${stored.inPlace.folder}, which need no export. Set store.path to a store that preprocess made from images.`,
    )
  }
  makeFolder(
    to,
    (reason) =>
      new StoreError(`export: ${to} cannot be a folder: ${reason}. Set export.path anew.`),
  )
  using _lock = Lock.take(join(to, '.lock'), 'phenoprint export', 'export')
  const plates = stored.files.map((file) => placesOf(file.name, from, to, form))
  const pending = stored.files.filter((_, i) => !existsSync(plates[i]?.to ?? ''))
  const needed = pending.reduce((sum, file) => sum + file.bytes, 0)
  requireSpace(to, needed, freeBytes(to), 'the export')
  const progress = reporter.progress('export', plates.length, 'plates')
  let written = 0
  for (const [i, plate] of plates.entries()) {
    reporter.signal.throwIfAborted()
    if (form === 'directory') written += (await unpackPlate(plate.from, plate.to)) ? 1 : 0
    else if (!existsSync(plate.to)) {
      packPlate(plate.from, plate.to)
      requireSize(plate.to, stored.files[i])
      written++
    }
    progress.advance(1)
  }
  progress.done()
  writeStoredScreen(to, stored)
  reporter.say(
    `export: ${to}: ${count(plates.length, 'plate')} as ${form === 'directory' ? 'OME-Zarr directories' : 'archives'}, ${written} written now`,
  )
  const figures = { plates: plates.length, written, digest: stored.digest }
  const files = [join(to, 'screen.json'), ...plates.map((plate) => plate.to)]
  return { status: written === 0 ? 'already done' : 'done', figures, files }
}

function placesOf(
  name: string,
  from: string,
  to: string,
  form: 'directory' | 'archive',
): { readonly from: string; readonly to: string } {
  const directory = name.replace(/\.ozx$/, '.ome.zarr')
  return form === 'directory'
    ? { from: join(from, name), to: join(to, directory) }
    : { from: join(from, directory), to: join(to, name) }
}

/** @throws {StoreError} when what was packed is not what `screen.json` says. */
function requireSize(path: string, file: StoredScreen['files'][number] | undefined): void {
  const { size } = statSync(path)
  if (size === file?.bytes) return
  throw new StoreError(
    `export: ${path} has ${size} bytes, expected ${file?.bytes}: the directory was changed since it was exported. Delete this file, and export the store anew.`,
  )
}
