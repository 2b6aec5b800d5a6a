import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ScreenError } from '../errors.js'
import { readRxrx1Competition } from './rxrx1-competition.js'
import type { Rxrx1Section } from './rxrx1-format.js'
import { readRxrx1Release } from './rxrx1-release.js'
import type { Screen } from './screen.js'

/** A folder that holds this file was made by the simulator. */
export const syntheticMarker = 'synthetic.json'

/**
 * RxRx1 from its folder: the competition's CSVs (`train.csv` and its companions) or the later
 * release (`metadata.csv`, `images/`).
 *
 * @throws {ScreenError} when neither edition is there, or a table is faulty.
 */
export async function readRxrx1(section: Rxrx1Section): Promise<Screen> {
  const folder = resolve(section.folder)
  const synthetic = await exists(join(folder, syntheticMarker))
  if (await exists(join(folder, 'train.csv'))) {
    return readRxrx1Competition(section, folder, synthetic)
  }
  if (await exists(join(folder, 'metadata.csv'))) {
    return readRxrx1Release(section, folder, synthetic)
  }
  throw new ScreenError(
    `${folder}: got neither train.csv (the competition's edition) nor metadata.csv (the later release), expected one of them. Set screen.folder to the folder that holds the tables of RxRx1.`,
  )
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
