import { join, resolve } from 'node:path'
import { ConfigError } from '../errors.js'
import { buildScreen, type SiteRow } from './build-screen.js'
import { readCsvTable } from './csv-table.js'
import { countClasses, rxrx1ClassNames, type StatedLabel } from './rxrx1-classes.js'
import {
  type Rxrx1Section,
  rxrx1Channels,
  rxrx1Images,
  rxrx1Label,
  rxrx1Place,
  rxrx1Role,
} from './rxrx1-format.js'
import type { Screen } from './screen.js'

/**
 * The later release: `metadata.csv`, one row a site, and images at
 * `images/{experiment}/Plate{n}/{well}_s{1|2}_w{1..6}.png`. It states the labels of the test
 * experiments too; their wells are of part `test`, so they are never trained on. `sirna`, the
 * vendor's identifier, names the class.
 */
export async function readRxrx1Release(
  section: Rxrx1Section,
  folder: string,
  synthetic: boolean,
): Promise<Screen> {
  if (section.answers !== undefined) {
    throw new ConfigError(
      `screen.answers: got "${section.answers}", but ${join(folder, 'metadata.csv')} states the labels of its test wells itself. Remove screen.answers.`,
    )
  }
  const table = await readCsvTable(join(folder, 'metadata.csv'), 'one row a site')
  const at = {
    code: table.column('well_id'),
    experiment: table.column('experiment'),
    plate: table.column('plate'),
    well: table.column('well'),
  }
  const cellTypeColumn = table.column('cell_type')
  const datasetColumn = table.column('dataset')
  const siteColumn = table.column('site')
  const siteCodeColumn = table.column('site_id')
  const roleColumn = table.column('well_type')
  const vendorColumn = table.column('sirna')
  const labelColumn = table.column('sirna_id')

  const stated: StatedLabel[] = []
  const rows: SiteRow[] = []
  const vendorNames = new Map<number, string>()
  for (const row of table.rows) {
    const place = rxrx1Place(table, row, at)
    const cellType = table.value(row, cellTypeColumn)
    if (cellType !== place.cellType) {
      throw table.fault(
        row,
        'cell_type',
        cellType,
        `"${place.cellType}", as the experiment ${place.experiment} says`,
        'Mend whichever of them is wrong.',
      )
    }
    const part = table.value(row, datasetColumn)
    if (part !== 'train' && part !== 'test') {
      throw table.fault(row, 'dataset', part, 'train or test', 'Mend the row.')
    }
    const site = table.value(row, siteColumn)
    if (!/^[1-9]\d*$/.test(site)) {
      throw table.fault(row, 'site', site, 'a number from 1', 'Mend the row.')
    }
    const siteCode = table.value(row, siteCodeColumn)
    if (siteCode !== `${place.code}_${site}`) {
      throw table.fault(row, 'site_id', siteCode, `"${place.code}_${site}"`, 'Mend the row.')
    }
    const role = rxrx1Role(table, row, roleColumn)
    if (role !== 'treatment' && !section.controls) continue
    const label = rxrx1Label(table, row, labelColumn)
    stated.push({ label, role, part, table, row })
    if (!vendorNames.has(label)) vendorNames.set(label, table.value(row, vendorColumn))
    const images = rxrx1Images(`${folder}/images`, place, site)
    const { experiment, plate, well, code } = place
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

  const { classes, controlClasses } = countClasses(stated)
  const vendor = Array.from({ length: classes }, (_, label) => vendorNames.get(label) || `${label}`)
  const names = section.classes === undefined ? null : resolve(folder, section.classes)
  return buildScreen(
    {
      name: section.name,
      unitKind: 'well',
      channels: rxrx1Channels,
      classes,
      controlClasses,
      classNames: (await rxrx1ClassNames(names, classes, controlClasses)) ?? vendor,
      synthetic,
    },
    rows,
    table.path,
  )
}
