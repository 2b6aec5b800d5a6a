import type { Section } from '../config/config.js'
import { readRxrx1 } from './rxrx1.js'
import type { Screen } from './screen.js'
import { readTableScreen } from './table-screen.js'

/**
 * The screen a configuration describes, read from its tables alone: no image file is touched.
 *
 * @throws {ScreenError} when a table is missing or faulty, naming file, row and column.
 * @throws {ConfigError} when the configuration does not fit the table.
 */
export async function readScreen(section: Section<'screen'>): Promise<Screen> {
  return section.reader === 'rxrx1' ? readRxrx1(section) : readTableScreen(section)
}
