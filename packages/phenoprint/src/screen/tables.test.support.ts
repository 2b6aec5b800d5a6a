import { fileURLToPath } from 'node:url'
import type { Section } from '../config/config.js'
import { screen as screenSchema, split as splitSchema } from '../config/sections.js'

/** The four tables of a small RxRx1: two experiments, three classes, two control classes. */
export const competition = {
  'train.csv': [
    'id_code,experiment,plate,well,sirna',
    'RPE-01_1_C05,RPE-01,1,C05,2',
    'RPE-01_1_B03,RPE-01,1,B03,0',
    'RPE-01_2_B03,RPE-01,2,B03,1',
    'HEPG2-01_1_B03,HEPG2-01,1,B03,1',
    '',
  ].join('\n'),
  'test.csv': 'id_code,experiment,plate,well\nHEPG2-02_1_D04,HEPG2-02,1,D04\n',
  'train_controls.csv': [
    'id_code,experiment,plate,well,sirna,well_type',
    'RPE-01_1_B02,RPE-01,1,B02,4,negative_control',
    'RPE-01_1_C03,RPE-01,1,C03,3,positive_control',
    '',
  ].join('\n'),
  'test_controls.csv':
    'id_code,experiment,plate,well,sirna,well_type\nHEPG2-02_1_B02,HEPG2-02,1,B02,4,negative_control\n',
}

/** A screen section as the configuration gives it, defaults filled in. */
export function screenSection(fields: Record<string, unknown>): Section<'screen'> {
  return screenSchema.parse({ name: 'test screen', ...fields })
}

/** A split section as the configuration gives it, defaults filled in. */
export function splitSection(fields: Record<string, unknown>): Section<'split'> {
  return splitSchema.parse(fields)
}

/** Folder of the optional real data. */
export const dataFolder =
  process.env.PHENOPRINT_DATA ??
  fileURLToPath(new URL('../../../../../shared/data', import.meta.url))
