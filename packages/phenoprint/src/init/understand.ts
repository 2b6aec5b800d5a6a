import { join } from 'node:path'
import { ScreenError } from '../errors.js'
import { type CsvTable, readCsvTable } from '../screen/csv-table.js'
import { describeNamed } from './describe-named.js'
import { describeSites } from './describe-sites.js'
import type { DescribedScreen } from './described-screen.js'
import { gatherSites } from './gather-sites.js'
import { inferNaming } from './infer-naming.js'
import { joinTables } from './join-tables.js'
import { knownNaming } from './known-namings.js'
import type { FolderListing } from './list-folder.js'
import { findNamedImages } from './named-images.js'
import { gatherFields } from './zarr-plates.js'

const example =
  'An example that can be read: my-screen/PlateA/B02_s1_w1.png (plate, well, site, channel) with my-screen/wells.csv (columns plate, well, compound); or any names, with a CSV that has the columns plate, well, image and label. docs/guide/init.md has more.'

/**
 * What a folder of images holds, from a table that names them, from the naming of an instrument, or
 * from what varies in their names; or a folder of OME-Zarr plates, from their metadata.
 *
 * @throws {ScreenError} when there is no image, or nothing says which well one is of.
 */
export async function understand(listing: FolderListing): Promise<DescribedScreen> {
  const { folder, images, zarrs } = listing
  const plates = images.length === 0 ? await gatherFields(folder, zarrs) : null
  if (images.length === 0 && plates === null) {
    throw new ScreenError(`init: ${folder}: ${noImages(listing)} ${example}`)
  }
  const { tables, faults } = await readTables(listing)
  if (plates !== null) {
    return withNotes(describeSites(plates, joinTables(tables, plates.sites)), faults)
  }
  const named = findNamedImages(tables, images)
  if (named !== null) return withNotes(describeNamed(named, folder), faults)
  const naming = (await knownNaming(listing)) ?? inferNaming(images)
  if (naming === null) {
    throw new ScreenError(
      `init: ${folder}: of ${images.length.toLocaleString('en')} images, such as ${images[0]}, the names tell no well, and no CSV there names them; expected a letter and a number such as B02 in folders or files. ${example}`,
    )
  }
  const found = gatherSites(images, naming)
  const left =
    zarrs.length > 0 ? [`${zarrs.length} Zarr left out, such as ${zarrs[0]}: there are images`] : []
  return withNotes(describeSites(found, joinTables(tables, found.sites)), [...faults, ...left])
}

function withNotes(described: DescribedScreen, notes: readonly string[]): DescribedScreen {
  return { ...described, notes: [...described.notes, ...notes] }
}

/** All tables of a folder; one that cannot be read is said, and left alone. */
async function readTables({
  folder,
  tables,
}: FolderListing): Promise<{ tables: CsvTable[]; faults: string[] }> {
  const read: CsvTable[] = []
  const faults: string[] = []
  for (const path of tables) {
    try {
      read.push(await readCsvTable(join(folder, path), 'a table'))
    } catch (error) {
      if (!(error instanceof ScreenError)) throw error
      faults.push(`table left out: ${error.message}`)
    }
  }
  return { tables: read, faults }
}

function noImages({ others, tables, zarrs }: FolderListing): string {
  const kinds = [...others].sort((a, b) => b[1] - a[1]).slice(0, 3)
  const there = kinds.map(
    ([ending, number]) => `${number} ${ending === '' ? 'without ending' : `.${ending}`}`,
  )
  const all = [
    ...there,
    ...(tables.length > 0 ? [`${tables.length} .csv`] : []),
    ...(zarrs.length > 0 ? [`${zarrs.length} Zarr, none a plate of OME-Zarr 0.5`] : []),
  ]
  const got = all.length === 0 ? 'it is empty' : `it holds ${all.join(', ')}`
  return `got no image (${got}), expected .png, .tif or .jpg files, or OME-Zarr plates.`
}
