import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../errors.js'
import { writeFileAtomic } from '../run/files.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import { Store } from '../store/store.js'
import { embeddedUnits } from './page/embedded-units.js'
import { fittedPage } from './page/fitted-page.js'
import { judgedMembers } from './page/judged-members.js'
import { limitsAt } from './page/limits.js'
import { type PagedRun, pageOf } from './page/page.js'
import { type ReportedRun, readRun } from './page/reported-run.js'
import { WellMeans } from './page/well-means.js'
import { WellPictures } from './page/well-pictures.js'

/**
 * Writes `report.html` into the first of some finished runs: one file that tells of all of them, and
 * needs neither network nor script. It is written again each time.
 *
 * @param folders Runs of train, fine-tune, infer, ensemble, assign, embed or explain.
 * @throws {UsageError} without a run, or with so many that no page of 10 MB tells of all.
 * @throws {EarlierRunError} when a run is missing, not finished or damaged.
 * @throws {StoreError} when the store of a run is damaged; without the store there are no pictures.
 * @throws {MachineError} when the page cannot be written.
 */
export async function report(folders: readonly string[], reporter: Reporter): Promise<VerbResult> {
  const [first] = folders
  if (first === undefined) {
    throw new UsageError('report: no run. Name the folder of one or more: phenoprint report RUN…')
  }
  const runs = folders.map(readRun)
  const stores = new Map<string, Store>()
  try {
    const paged: PagedRun[] = []
    for (const run of runs) paged.push(await gather(run, runs.length, stores, reporter))
    reporter.signal.throwIfAborted()
    const page = await fittedPage((limits) => pageOf(paged, limits))
    const path = join(first, 'report.html')
    writeFileAtomic(path, page)
    const bytes = Buffer.byteLength(page)
    reporter.say(`report: ${path}, ${(bytes / 1e6).toFixed(1)} MB; open it in a browser`)
    return { status: 'done', figures: { runs: folders, bytes }, files: [path] }
  } finally {
    for (const store of stores.values()) store.close()
  }
}

async function gather(
  run: ReportedRun,
  runs: number,
  stores: Map<string, Store>,
  reporter: Reporter,
): Promise<PagedRun> {
  const members = await judgedMembers(run)
  for (const reason of members?.missing ?? []) reporter.say(`report: ${run.folder}: ${reason}`)
  const embedded = await embeddedUnits(run, Math.ceil(limitsAt(1).embedded / runs))
  const path = run.config.store?.path
  if (path === undefined || !existsSync(path)) {
    if (run.wells.length > 0) {
      reporter.say(`report: ${run.folder}: no store at ${path ?? 'store.path'}, so no pictures`)
    }
    return { run, pictures: null, means: null, synthetic: false, members, embedded }
  }
  const store = stores.get(path) ?? (await Store.open(path))
  stores.set(path, store)
  const { synthetic } = store.screen
  const [pictures, means] = [new WellPictures(store), new WellMeans(store)]
  return { run, pictures, means, synthetic, members, embedded }
}
