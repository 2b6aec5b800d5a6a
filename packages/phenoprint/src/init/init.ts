import { existsSync, rmSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { screen as screenSchema } from '../config/sections.js'
import { UsageError } from '../errors.js'
import { writeFileAtomic } from '../run/files.js'
import { makeFolder } from '../run/make-folder.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import { readScreen } from '../screen/read-screen.js'
import { fieldPath } from '../store/field-path.js'
import { FieldReader } from '../store/field-reader.js'
import { readImageHeader } from '../store/image-format.js'
import { chooseLabel } from './choose-label.js'
import { csvText } from './csv-text.js'
import type { DescribedScreen, ScreenInput, TableInput } from './described-screen.js'
import { listFolder } from './list-folder.js'
import { planConfigs } from './plan-configs.js'
import { findRxrx1 } from './rxrx1-folder.js'
import { fromFolder, screenSection } from './screen-section.js'
import { understand } from './understand.js'
import { configFiles } from './write-configs.js'

/** What a person asked for. */
export interface InitRequest {
  /** The folder of images, as typed. */
  readonly folder: string
  /** Where the files go; without it `configs/<name of the folder>`. */
  readonly output: string | null
  /** The column of the label; without it, `ask` is asked where there are several. */
  readonly label: string | null
  /**
   * Which of several columns is the label.
   *
   * @param columns The likeliest first.
   * @returns the column, or null for none of them.
   */
  ask(columns: readonly string[]): Promise<string | null>
}

/** The table that is made where a folder has none that is enough. */
const tableFile = 'sites.csv'

/**
 * `phenoprint init`: looks at a folder of images, says what it understood, and writes the
 * configurations of all stages.
 *
 * @throws {ScreenError} when the folder cannot be read as a screen, with the reason and an example.
 * @throws {UsageError} when there are such files already, or the label is no column.
 */
export async function init(request: InitRequest, reporter: Reporter): Promise<VerbResult> {
  const folder = resolve(request.folder)
  const name = basename(folder)
  const slug = name.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^-+|-+$/g, '') || 'screen'
  const place = request.output ?? join('configs', slug)
  refuseExisting(place)
  const listing = await listFolder(folder)
  const rxrx1 = await findRxrx1(listing, name, request.folder)
  const described = rxrx1 ?? (await understand(listing))
  const label = 'section' in described ? null : await chooseLabel(described, request)
  makeFolder(
    place,
    (reason) =>
      new UsageError(`init: ${place} cannot be a folder: ${reason}. Name another with --output.`),
  )
  const table = join(place, tableFile)
  const made = 'section' in described ? null : madeTable(described)
  if (made !== null) writeFileAtomic(table, made)
  try {
    const section =
      'section' in described
        ? described.section
        : await sectionOf(described, name, request.folder, label, resolve(table))
    const parsed = screenSchema.parse(section)
    const screen = await readScreen(parsed)
    const { naming } = described
    const notes = 'notes' in described ? described.notes : []
    const understood = { section, parsed, screen, place, slug }
    const { facts, figures } = await planConfigs(understood, { naming, notes }, reporter)
    const files = configFiles(facts)
    for (const [file, text] of files) writeFileAtomic(join(place, file), text)
    reporter.say(
      `next: phenoprint run -y ${join(place, 'all.yml')}, or a stage by itself, such as phenoprint preprocess -y ${join(place, 'preprocess.yml')}`,
    )
    const written = [...(made === null ? [] : [tableFile]), ...files.keys()]
    return { status: 'done', figures, files: written.map((file) => join(place, file)) }
  } catch (error) {
    if (made !== null) rmSync(table, { force: true })
    throw error
  }
}

function refuseExisting(place: string): void {
  if (!existsSync(join(place, 'screen.yml'))) return
  throw new UsageError(
    `init: ${join(place, 'screen.yml')} is there already, and may have been changed by hand. Delete ${place}, or name another folder with --output.`,
  )
}

function madeTable({ table }: DescribedScreen): string | null {
  return typeof table === 'string' ? null : csvText([table.header, ...table.rows])
}

async function sectionOf(
  described: DescribedScreen,
  name: string,
  folder: string,
  label: string | null,
  madeTable: string,
): Promise<ScreenInput> {
  const channels = described.oneFile
    ? await channelsOfFile(join(folder, described.example))
    : described.channels
  const table =
    typeof described.table === 'string' ? described.table : fromFolder(resolve(folder), madeTable)
  return screenSection({ ...described, channels }, name, folder, label, table)
}

/** The channels of a file, or of a field of an OME-Zarr plate, that holds all of them. */
async function channelsOfFile(path: string): Promise<TableInput['channels']> {
  if (fieldPath(path) !== null) {
    using reader = new FieldReader()
    const { channels, header } = await reader.field(path)
    return channels.length === header.samples ? [...channels] : numbered(header.samples)
  }
  const { samples, alpha } = await readImageHeader(path)
  const colour = samples === (alpha ? 4 : 3) && !/\.tiff?$/i.test(path)
  if (colour) {
    return [
      { name: 'red', color: 'FF0000' },
      { name: 'green', color: '00FF00' },
      { name: 'blue', color: '0000FF' },
    ]
  }
  return numbered(samples)
}

function numbered(channels: number): TableInput['channels'] {
  return Array.from({ length: channels }, (_, index) => ({ name: `channel ${index + 1}` }))
}
