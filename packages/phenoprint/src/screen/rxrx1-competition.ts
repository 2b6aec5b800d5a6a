import { join, resolve } from 'node:path'
import { ScreenError } from '../errors.js'
import { buildScreen, type SiteRow } from './build-screen.js'
import { type CsvTable, readCsvTable } from './csv-table.js'
import { countClasses, rxrx1ClassNames, type StatedLabel } from './rxrx1-classes.js'
import {
  type Rxrx1Section,
  rxrx1Channels,
  rxrx1Images,
  rxrx1Label,
  rxrx1Place,
  rxrx1Role,
} from './rxrx1-format.js'
import type { Role, Screen } from './screen.js'

/** Where the columns of one of the four tables stand. */
interface Columns {
  readonly code: number
  readonly experiment: number
  readonly plate: number
  readonly well: number
  readonly label: number | null
  readonly role: number | null
}

/**
 * The competition's edition: `train.csv`, `test.csv`, `train_controls.csv`, `test_controls.csv`, and
 * images at `{train|test}/{experiment}/Plate{n}/{well}_s{1|2}_w{1..6}.png`. Every well has all sites:
 * an image that is not there is for whoever reads pixels to report.
 *
 * Wells of `test.csv` have no label unless `answers` gives one; they are of part `test` either way.
 */
export async function readRxrx1Competition(
  section: Rxrx1Section,
  folder: string,
  synthetic: boolean,
): Promise<Screen> {
  // A screen may have no test experiments: then the tables of its test wells have headers alone.
  const open = (name: string, holds: string) =>
    readCsvTable(join(folder, name), holds, name.startsWith('test') ? 'any' : 'some')
  const train = await open('train.csv', 'the treated wells to train on')
  const test = await open('test.csv', 'the treated wells of the test experiments')
  const tables: [table: CsvTable, columns: Columns, part: 'train' | 'test'][] = [
    [train, columns(train, true, false), 'train'],
    [test, columns(test, false, false), 'test'],
  ]
  if (section.controls) {
    for (const part of ['train', 'test'] as const) {
      const table = await open(
        `${part}_controls.csv`,
        `the control wells of the ${part} experiments`,
      )
      tables.push([table, columns(table, true, true), part])
    }
  }

  const sites = Array.from({ length: section.sites }, (_, index) => String(index + 1))
  const stated: StatedLabel[] = []
  const rows: SiteRow[] = []
  const answers = section.answers === undefined ? null : resolve(folder, section.answers)
  const known = answers === null ? null : await readAnswers(answers, test)
  for (const [table, at, part] of tables) {
    for (const row of table.rows) {
      const place = rxrx1Place(table, row, at)
      const { experiment, cellType, plate, well, code } = place
      const role: Role = at.role === null ? 'treatment' : rxrx1Role(table, row, at.role)
      let label: number | null = null
      if (at.label !== null) {
        label = rxrx1Label(table, row, at.label)
        stated.push({ label, role, part, table, row })
      } else if (known !== null) {
        const answer = known.get(code)
        if (answer !== undefined) {
          label = answer.label
          stated.push(answer)
        }
      }
      for (const site of sites) {
        const images = rxrx1Images(`${folder}/${part}`, place, site)
        rows.push({
          experiment,
          cellType,
          plate,
          well,
          site,
          role,
          label,
          part,
          code,
          images,
          table,
          row,
        })
      }
    }
  }

  const counts = countClasses(stated)
  const names = section.classes === undefined ? null : resolve(folder, section.classes)
  return buildScreen(
    {
      name: section.name,
      unitKind: 'well',
      channels: rxrx1Channels,
      ...counts,
      classNames: await rxrx1ClassNames(names, counts.classes, counts.controlClasses),
      synthetic,
    },
    rows,
    train.path,
  )
}

function columns(table: CsvTable, label: boolean, role: boolean): Columns {
  return {
    code: table.column('id_code'),
    experiment: table.column('experiment'),
    plate: table.column('plate'),
    well: table.column('well'),
    label: label ? table.column('sirna') : null,
    role: role ? table.column('well_type') : null,
  }
}

/** Labels of test wells by id_code; each must be a well of `test.csv`. */
async function readAnswers(path: string, test: CsvTable): Promise<Map<string, StatedLabel>> {
  const table = await readCsvTable(path, 'labels of test wells (columns id_code, sirna)', 'any')
  const codeColumn = table.column('id_code')
  const labelColumn = table.column('sirna')
  const testCode = test.column('id_code')
  const wells = new Set(test.rows.map((row) => test.value(row, testCode)))
  const answers = new Map<string, StatedLabel>()
  for (const row of table.rows) {
    const code = table.value(row, codeColumn)
    const twin = answers.get(code)
    if (twin !== undefined) {
      throw new ScreenError(
        `${path}: well ${code} stands twice, in lines ${twin.row.line} and ${row.line}; expected each well once. Remove one of the rows.`,
      )
    }
    if (!wells.has(code)) {
      throw table.fault(
        row,
        'id_code',
        code,
        `a well of ${test.path}`,
        'Remove the row or mend it.',
      )
    }
    const label = rxrx1Label(table, row, labelColumn)
    answers.set(code, { label, role: 'treatment', part: 'test', table, row })
  }
  return answers
}
