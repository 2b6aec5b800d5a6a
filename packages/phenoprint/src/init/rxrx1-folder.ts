import { readCsvTable } from '../screen/csv-table.js'
import type { ScreenInput } from './described-screen.js'
import type { FolderListing } from './list-folder.js'

/** RxRx1 as a folder holds it. */
export interface Rxrx1Folder {
  readonly naming: string
  readonly section: ScreenInput
}

const image = /Plate\d+\/[A-P]\d{2}_s(\d)_w\d\.png$/

/** RxRx1 in one of its editions, by its tables; null for any other folder. */
export async function findRxrx1(
  { folder, tables, images }: FolderListing,
  name: string,
  asTyped: string,
): Promise<Rxrx1Folder | null> {
  const has = async (table: string, ...columns: string[]): Promise<boolean> => {
    if (!tables.includes(table)) return false
    const { header } = await readCsvTable(`${folder}/${table}`, 'a table of RxRx1')
    return columns.every((column) => header.includes(column))
  }
  const competition = await has('train.csv', 'id_code', 'experiment', 'plate', 'well', 'sirna')
  if (!competition && !(await has('metadata.csv', 'site_id', 'well_id', 'well_type', 'sirna_id'))) {
    return null
  }
  if (competition && !tables.includes('test.csv')) return null
  const sites = images.reduce((most, path) => Math.max(most, Number(image.exec(path)?.[1] ?? 1)), 1)
  return {
    naming: competition ? 'RxRx1 (the competition of 2019)' : 'RxRx1 (the later release)',
    section: {
      reader: 'rxrx1',
      name,
      folder: asTyped,
      ...(competition && sites !== 2 ? { sites } : {}),
      ...(competition && tables.includes('test_answers.csv')
        ? { answers: 'test_answers.csv' }
        : {}),
    },
  }
}
