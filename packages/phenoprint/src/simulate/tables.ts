import type { Section } from '../config/config.js'
import { syntheticMarker } from '../screen/rxrx1.js'
import type { SimulatedWell } from './layout.js'

/** Raised whenever the same settings give other pixels, so that no two kinds are mixed. */
const rendererVersion = 1

const wellTypes = {
  treatment: 'treatment',
  negativeControl: 'negative_control',
  positiveControl: 'positive_control',
} as const

/** `id_code` of a well. */
export function wellCode({ experiment, plate, well }: SimulatedWell): string {
  return `${experiment}_${plate}_${well}`
}

/**
 * The tables of a screen as the competition wrote them, by file name; and `test_answers.csv`, which
 * the competition kept. `sample_submission.csv` gives every test well the same class.
 */
export function simulatedTables(wells: readonly SimulatedWell[]): Readonly<Record<string, string>> {
  const place = (well: SimulatedWell) =>
    [wellCode(well), well.experiment, well.plate, well.well].join(',')
  const treated = (part: string) =>
    wells.filter((well) => well.part === part && well.role === 'treatment')
  const controls = (part: string) =>
    wells.filter((well) => well.part === part && well.role !== 'treatment')
  const controlTable = (part: string) =>
    csv(
      'id_code,experiment,plate,well,sirna,well_type',
      controls(part).map((well) => `${place(well)},${well.label},${wellTypes[well.role]}`),
    )
  return {
    'train.csv': csv(
      'id_code,experiment,plate,well,sirna',
      treated('train').map((well) => `${place(well)},${well.label}`),
    ),
    'test.csv': csv('id_code,experiment,plate,well', treated('test').map(place)),
    'train_controls.csv': controlTable('train'),
    'test_controls.csv': controlTable('test'),
    'sample_submission.csv': csv(
      'id_code,sirna',
      treated('test').map((well) => `${wellCode(well)},0`),
    ),
    'test_answers.csv': csv(
      'id_code,sirna',
      treated('test').map((well) => `${wellCode(well)},${well.label}`),
    ),
  }
}

function csv(header: string, rows: readonly string[]): string {
  return `${[header, ...rows].join('\n')}\n`
}

/** Says what the folder is, to people and ({@link syntheticMarker}) to programs. */
export function simulatedNotices(
  settings: Section<'simulation'>,
): Readonly<Record<string, string>> {
  const { folder: _, threads: __, ...pixels } = settings
  const about =
    'Synthetic: every image here was drawn by a program from random numbers. No cell was grown and none was imaged; the names of cell types and the layout of tables and folders are those of RxRx1, the data are not.'
  return {
    [syntheticMarker]: `${JSON.stringify({ synthetic: true, about, renderer: rendererVersion, simulation: pixels }, null, 2)}\n`,
    'README.txt': `${about}\n\nMade by "phenoprint simulate"; ${syntheticMarker} holds the settings, and the same settings give the same pixels.\nTables: as in the RxRx1 competition. test_answers.csv holds the labels of the test wells, for evaluation alone.\nImages: {train|test}/{experiment}/Plate{n}/{well}_s{site}_w{channel}.png; channels: nuclei, endoplasmic reticulum, actin, nucleoli, mitochondria, Golgi.\n`,
  }
}
