import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Config, Section } from '../config/config.js'
import { requireSection } from '../config/require.js'
import { ConfigError } from '../errors.js'
import { removeStaleTemporaries, writeFileAtomic } from '../run/files.js'
import { Lock } from '../run/lock.js'
import { makeFolder } from '../run/make-folder.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import { syntheticMarker } from '../screen/rxrx1.js'
import { channelCount } from './channels.js'
import { checkLayout } from './check-layout.js'
import { type SimulatedWell, simulatedWells } from './layout.js'
import { renderWells } from './render-wells.js'
import { simulatedNotices, simulatedTables } from './tables.js'

const lockFile = '.simulate.lock'

/**
 * `phenoprint simulate`: renders a synthetic screen in the layout of RxRx1. Images that are there and
 * whole stay, so a stopped run is gone on with; the tables are written last.
 *
 * @throws {ConfigError} when `simulation` is missing, its layout cannot be, or the folder holds
 *   something else.
 * @throws {RunDirectoryError} when another process renders into the folder.
 * @throws {MachineError} when the disk is full or cannot be written.
 */
export async function simulate(config: Config, reporter: Reporter): Promise<VerbResult> {
  const section = requireSection(config, 'simulation', 'simulate')
  const settings = { ...section, folder: resolve(section.folder) }
  checkLayout(settings)
  const wells = simulatedWells(settings)
  const notices = simulatedNotices(settings)
  makeFolder(
    settings.folder,
    (reason) =>
      new ConfigError(
        `simulation.folder: ${settings.folder} cannot be a folder: ${reason}. Choose another one.`,
      ),
  )
  using _lock = Lock.take(join(settings.folder, lockFile), 'phenoprint simulate', 'simulation')
  refuseOtherContents(settings.folder, notices[syntheticMarker] ?? '')
  removeStaleTemporaries(settings.folder)

  const before = writeTexts(settings.folder, notices)
  const rendered = await renderAll(settings, wells, reporter)
  const after = writeTexts(settings.folder, simulatedTables(wells))
  const changed = before || after || rendered > 0
  const figures = figuresOf(settings, wells, rendered)
  reporter.say(
    `${section.folder}: synthetic screen of ${figures.wells} wells, ${figures.sites} sites, ${figures.images} images (${rendered} sites rendered now)`,
  )
  return { status: changed ? 'done' : 'already done', figures, files: [section.folder] }
}

async function renderAll(
  settings: Section<'simulation'>,
  wells: readonly SimulatedWell[],
  reporter: Reporter,
): Promise<number> {
  const { sites } = settings.layout
  const progress = reporter.progress('simulate', wells.length * sites, 'sites')
  let total = 0
  try {
    await renderWells(
      settings,
      wells,
      (rendered) => {
        total += rendered
        progress.advance(sites)
      },
      reporter.signal,
    )
  } finally {
    progress.done()
  }
  return total
}

function figuresOf(
  { layout }: Section<'simulation'>,
  wells: readonly SimulatedWell[],
  rendered: number,
) {
  const sites = wells.length * layout.sites
  return {
    experiments: new Set(wells.map((well) => well.experiment)).size,
    wells: wells.length,
    sites,
    images: sites * channelCount,
    classes: layout.classes,
    sitesRendered: rendered,
  }
}

/** Nothing is written beside real images, and no two synthetic screens are mixed. */
function refuseOtherContents(folder: string, marker: string): void {
  const path = join(folder, syntheticMarker)
  if (!existsSync(path)) {
    const strange = readdirSync(folder).find((name) => !name.startsWith('.'))
    if (strange === undefined) return
    throw new ConfigError(
      `simulation.folder: ${folder} holds "${strange}" but no ${syntheticMarker}, so it was not made by simulate; expected a new folder. Choose another, or empty it.`,
    )
  }
  if (readFileSync(path, 'utf8') === marker) return
  throw new ConfigError(
    `simulation.folder: ${folder} holds a synthetic screen of other settings or of another version (see its ${syntheticMarker}), expected the same ones, to go on with it. Choose another folder, or delete that one.`,
  )
}

/** Writes what is not there yet as it should be. @returns Whether anything was written. */
function writeTexts(folder: string, texts: Readonly<Record<string, string>>): boolean {
  let written = false
  for (const [name, text] of Object.entries(texts)) {
    const path = join(folder, name)
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
    writeFileAtomic(path, text)
    written = true
  }
  return written
}
