import { readdirSync, rmSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { ImageError, MachineError, RunDirectoryError, StoreError } from '../errors.js'
import { removeStaleTemporaries } from '../run/files.js'
import { isHeld, Lock } from '../run/lock.js'
import { makeFolder } from '../run/make-folder.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import { itemsOf, type Shard, shardInWords } from '../run/shard.js'
import type { Screen } from '../screen/screen.js'
import { bytesInWords, count, duration } from '../words.js'
import { estimate, freeBytes, requireSpace } from './disk-space.js'
import type { Codec } from './encode-site.js'
import { plateSettings } from './existing-plate.js'
import { FieldReader } from './field-reader.js'
import { type ImageFormat, probeFormat } from './image-format.js'
import { type Encoding, loadEarly, loadSites } from './load-sites.js'
import { type PlateJob, planJobs, screenOfStore, strangers } from './plate-jobs.js'
import { type WrittenPlate, writePlate } from './plate-writer.js'
import { showChannels } from './shown-channels.js'
import { Store } from './store.js'
import {
  readStoredScreen,
  type StoredScreen,
  screenFile,
  storeDigest,
  writeStoredScreen,
} from './stored-screen.js'
import { reportFile, type StoreOrder, type Survey, surveyImages, writeReport } from './survey.js'
import { type Tiling, tiling } from './tiling.js'
import { verifyPixels } from './verify.js'

const lockFile = '.lock'

/**
 * Makes the store of a screen: one file a plate, then `screen.json`. Plates that an earlier run
 * finished are kept; two processes cannot make one store at once.
 *
 * @param shard Makes every so many plates and leaves `screen.json` to the one who makes the store whole;
 *   other shards may work beside it.
 * @throws {ImageError} when an image is missing that must be there, broken, or unlike the others.
 * @throws {StoreError} when the folder holds a store of other settings, files or tables.
 * @throws {RunDirectoryError} when another process works there.
 * @throws {MachineError} when the disk is full, or would be.
 * @throws {InterruptedError} when asked to stop; whole plates stay, the one begun goes.
 */
export async function makeStore(
  screen: Screen,
  order: StoreOrder,
  reporter: Reporter,
  shard: Shard | null = null,
): Promise<VerbResult> {
  const folder = order.store.path
  makeFolder(
    folder,
    (reason) =>
      new StoreError(
        `store: ${folder} cannot be a folder: ${reason}. Set store.path to another name.`,
      ),
  )
  using _lock = lockStore(folder, shard)
  const survey = await surveyImages(screen, order, reporter)
  using fields = new FieldReader()
  const format = await probe(survey, fields)
  const inPlace = format.layout === 'field'
  const of = tiling(format.shape, order.store.tile)
  const { codec } = order.store
  const all = planJobs(
    survey,
    folder,
    plateSettings(of, inPlace ? 'in place' : codec, screen.channels),
  )
  const jobs = itemsOf(all, shard)
  if (shard === null) removeStaleTemporaries(folder)
  else for (const { name } of jobs) removeStaleTemporaries(folder, name)
  const kept = screenOfStore(survey.screen, all)
  const before = readStoredScreen(folder)
  if (before !== null) refuseOther(folder, before.screen, kept)
  for (const name of strangers(folder, all)) {
    reporter.say(`store: ${join(folder, name)} belongs to no plate of this screen; left as it is`)
  }

  const pending = jobs.filter((job) => job.whole === null)
  if (before !== null && pending.length === 0) {
    if (order.store.verify === true) await verify(folder, reporter)
    reporter.say(`store: ${folder} is whole already; digest ${before.digest}`)
    return result('already done', before, survey, folder)
  }
  if (shard !== null && pending.length === 0) {
    reporter.say(`store: ${folder}: ${shardInWords(shard)} is whole already`)
    return shardResult('already done', jobs, folder, shard)
  }
  rmSync(join(folder, screenFile), { force: true })
  const needed = await announce(pending, jobs.length, format, of, order, reporter)
  const written = await writePlates(jobs, format, of, order, survey, needed, reporter)
  if (shard !== null) {
    reporter.say(
      `store: ${folder}: ${shardInWords(shard)}: ${count(pending.length, 'plate')} written`,
    )
    return shardResult('done', jobs, folder, shard)
  }
  const stored = {
    ...describe(kept, jobs, written, of, order),
    ...(inPlace ? { inPlace: placesOf(survey, order) } : {}),
  }
  writeStoredScreen(folder, stored)
  const bytes = written.reduce((sum, plate) => sum + plate.bytes, 0)
  reporter.say(
    `store: ${folder}: ${count(jobs.length, 'plate')}, ${count(kept.units.length, kept.unitKind)}, ${count(kept.sites.length, 'site')}, ${bytesInWords(bytes)}; digest ${stored.digest}`,
  )
  return result('done', stored, survey, folder)
}

/** Shards lock each other out one by one; the whole store and any shard of it lock each other out. */
function lockStore(folder: string, shard: Shard | null): Lock {
  const name = shard === null ? lockFile : `${lockFile}.${shard.index}-of-${shard.count}`
  const lock = Lock.take(join(folder, name), 'phenoprint preprocess', 'store')
  const others = readdirSync(folder).filter((other) =>
    shard === null ? /^\.lock\.\d+-of-\d+$/.test(other) : other === lockFile,
  )
  const held = others.find((other) => isHeld(join(folder, other)))
  if (held === undefined) return lock
  lock.release()
  throw new RunDirectoryError(
    `store: ${folder} is in use by another phenoprint preprocess (${held}). Wait until it ends, or end it.`,
  )
}

function shardResult(
  status: VerbResult['status'],
  jobs: readonly PlateJob[],
  folder: string,
  shard: Shard,
): VerbResult {
  const files = jobs.map(({ name }) => join(folder, name))
  return { status, figures: { shard, plates: jobs.length }, files }
}

/** @throws {StoreError} when a pixel is not what its digest says; it names the file and the site. */
async function verify(folder: string, reporter: Reporter): Promise<void> {
  using store = await Store.open(folder)
  await verifyPixels(store, reporter)
  reporter.say(`store: ${count(store.screen.sites.length, 'site')} read, all as their digests say`)
}

/** The images' format, from the first file that is there. */
async function probe({ screen, sites }: Survey, fields: FieldReader): Promise<ImageFormat> {
  const first = sites.find((site) => site.sources.some((source) => source !== null))
  const sources = first?.sources ?? []
  const channel = sources.findIndex((source) => source !== null)
  return probeFormat(sources[channel]?.path ?? '', sources.length, screen.channels, channel, fields)
}

/** Where the pixels of each site stay: paths from the screen's folder, and that one from the store. */
function placesOf(
  { sites }: Survey,
  { folder, store }: StoreOrder,
): NonNullable<StoredScreen['inPlace']> {
  return {
    folder: relative(resolve(store.path), resolve(folder)),
    fields: sites.map(({ sources }) => sources[0]?.name ?? ''),
  }
}

/** @throws {StoreError} when the tables now say something else than when the store was made. */
function refuseOther(folder: string, before: Screen, now: Screen): void {
  if (isDeepStrictEqual(before, now)) return
  const unit = now.units.find((is, i) => !isDeepStrictEqual(is, before.units[i]))
  const where = unit === undefined ? 'its names, classes or sites' : `first at ${unit.id}`
  throw new StoreError(
    `store: ${join(folder, screenFile)} was made from other tables (${where}; ${before.sites.length} sites then, ${now.sites.length} now). Delete that file to describe the store anew (plates that still fit are kept), or set store.path to another folder.`,
  )
}

/** Says what will be made, how much disk it takes and how long; stops when there is too little. */
async function announce(
  pending: readonly PlateJob[],
  plates: number,
  format: ImageFormat,
  of: Tiling,
  { store }: StoreOrder,
  reporter: Reporter,
): Promise<number> {
  const { image, tile } = of
  const [height, width] = store.tile
  if (tile.height !== height || tile.width !== width) {
    reporter.say(
      `store: tiles of ${height}x${width} do not fit images of ${image.height}x${image.width}: tiles of ${tile.height}x${tile.width} are written`,
    )
  }
  const sites = pending.flatMap((job) => job.sites)
  const encoding = encodingOf(format, of, store.codec)
  const { bytes, seconds } = await estimate(sites, pending.length, encoding)
  const free = freeBytes(store.path)
  const whole = plates - pending.length
  reporter.say(
    `store: ${image.channels} x ${image.height} x ${image.width} ${image.dtype}, ${count(of.tilesPerSite, 'tile')} a site; ${count(pending.length, 'plate')} to write${whole > 0 ? ` (${whole} are whole)` : ''}, about ${bytesInWords(bytes)} in about ${duration(seconds)}; ${bytesInWords(free)} free`,
  )
  reporter.event({
    type: 'plan',
    plates: pending.length,
    sites: sites.length,
    bytes,
    seconds,
    free,
  })
  requireSpace(store.path, bytes, free)
  return bytes
}

async function writePlates(
  jobs: readonly PlateJob[],
  format: ImageFormat,
  of: Tiling,
  { store }: StoreOrder,
  survey: Survey,
  needed: number,
  reporter: Reporter,
): Promise<WrittenPlate[]> {
  const total = jobs.reduce((sum, job) => sum + (job.whole === null ? job.sites.length : 0), 0)
  const progress = reporter.progress('preprocess', total, 'sites')
  const encoding = encodingOf(format, of, store.codec)
  const written: WrittenPlate[] = []
  let bytes = 0
  for (const { path, plan, sites, origin, whole, name } of jobs) {
    reporter.signal.throwIfAborted()
    if (whole !== null) {
      written.push(whole)
      continue
    }
    try {
      const early = await loadEarly(sites, encoding)
      const looked = [...early.values()].flatMap((site) =>
        site instanceof ImageError ? [] : site.statistics,
      )
      const shown = showChannels(survey.screen.channels, looked, of.image)
      const loaded = loadSites(sites, encoding, early, reporter.signal)
      const encoded = counted(loaded, () => progress.advance(1))
      const plate = await writePlate(path, plan, of, encoding.codec, origin, shown, encoded)
      written.push(plate)
      bytes += plate.bytes
      reporter.event({ type: 'plate', plate: plan.plate.id, file: name, ...plate })
    } catch (error) {
      if (error instanceof ImageError) writeReport(store.path, survey, error.message.split('\n'))
      throw error instanceof MachineError ? withRest(error, Math.max(0, needed - bytes)) : error
    }
  }
  progress.done()
  return written
}

/** Pixels that are read in place stay there. */
function encodingOf(format: ImageFormat, of: Tiling, codec: Codec): Encoding {
  return { format, of, codec: format.layout === 'field' ? 'in place' : codec, free: [] }
}

async function* counted<T>(items: AsyncIterable<T>, count: () => void): AsyncGenerator<T> {
  for await (const item of items) {
    yield item
    count()
  }
}

function withRest(error: MachineError, rest: number): MachineError {
  return new MachineError(
    `${error.message} The plates that are not written yet need about ${rest.toLocaleString('en')} bytes.`,
    { cause: error },
  )
}

function describe(
  screen: Screen,
  jobs: readonly PlateJob[],
  written: readonly WrittenPlate[],
  { image, tile }: Tiling,
  { store }: StoreOrder,
): StoredScreen {
  const files = jobs.map(({ name }, i) => ({
    name,
    bytes: written[i]?.bytes ?? 0,
    digest: written[i]?.digest ?? '',
  }))
  return {
    format: 'phenoprint-store',
    version: 1,
    digest: storeDigest(
      screen,
      image,
      files.map((file) => file.digest),
    ),
    image,
    tile: [tile.height, tile.width],
    codec: store.codec,
    files,
    screen,
  }
}

function result(
  status: VerbResult['status'],
  { screen, image, files, digest }: StoredScreen,
  { counts, missing }: Survey,
  folder: string,
): VerbResult {
  const stored = {
    plates: screen.plates.length,
    units: screen.units.length,
    sites: screen.sites.length,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    image,
    digest,
  }
  const lacking = {
    unitsWithoutImages: missing.plates.reduce((sum, plate) => sum + plate.withoutImages, 0),
    partialSites: missing.sites.length,
  }
  const names = [screenFile, reportFile, ...files.map((file) => file.name)]
  return {
    status,
    figures: { screen: counts, stored, missing: lacking },
    files: names.map((name) => join(folder, name)),
  }
}
