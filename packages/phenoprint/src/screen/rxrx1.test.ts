import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError, ScreenError } from '../errors.js'
import { folderOf } from '../testing/folder.js'
import { readScreen } from './read-screen.js'
import { cellTypes, type Screen } from './screen.js'
import { competition, dataFolder, screenSection } from './tables.test.support.js'

const read = (folder: string, fields: Record<string, unknown> = {}): Promise<Screen> =>
  readScreen(screenSection({ reader: 'rxrx1', folder, ...fields }))

describe('the competition edition', () => {
  it('gives plates, wells and sites in order, with roles, labels and parts', async () => {
    const folder = folderOf(competition)
    const screen = await read(folder)
    expect(screen.plates.map((plate) => plate.id)).toEqual([
      'HEPG2-01/1',
      'HEPG2-02/1',
      'RPE-01/1',
      'RPE-01/2',
    ])
    expect(cellTypes(screen)).toEqual(['HEPG2', 'RPE'])
    expect(screen.units.map(({ code, role, label, part }) => [code, role, label, part])).toEqual([
      ['HEPG2-01_1_B03', 'treatment', 1, 'train'],
      ['HEPG2-02_1_B02', 'negativeControl', 4, 'test'],
      ['HEPG2-02_1_D04', 'treatment', null, 'test'],
      ['RPE-01_1_B02', 'negativeControl', 4, 'train'],
      ['RPE-01_1_B03', 'treatment', 0, 'train'],
      ['RPE-01_1_C03', 'positiveControl', 3, 'train'],
      ['RPE-01_1_C05', 'treatment', 2, 'train'],
      ['RPE-01_2_B03', 'treatment', 1, 'train'],
    ])
    expect([screen.classes, screen.controlClasses, screen.unitKind]).toEqual([3, 2, 'well'])
    expect(screen.sites[4]).toEqual({
      id: 'HEPG2-02/1/D04/1',
      site: '1',
      unit: 2,
      images: [1, 2, 3, 4, 5, 6].map((c) => `${folder}/test/HEPG2-02/Plate1/D04_s1_w${c}.png`),
    })
    expect(screen.units[2]?.sites).toEqual([4, 5])
    expect(screen.plates[2]?.units).toEqual([3, 4, 5, 6])
    expect(screen.channels.map((channel) => channel.color)).toEqual([
      '1300F9',
      '2AFF1F',
      'FF0019',
      '2DFFFC',
      'FA00FD',
      'FEFF28',
    ])
  })

  it('does not depend on the order of rows, line ends or a byte-order mark', async () => {
    const [head, ...rows] = competition['train.csv'].trim().split('\n')
    const shuffled = `\ufeff${[head, ...rows.reverse()].join('\r\n')}\r\n`
    const folder = folderOf({ ...competition, 'train.csv': shuffled })
    const original = folderOf(competition)
    const strip = (text: string, root: string) => text.replaceAll(root, '')
    expect(strip(JSON.stringify(await read(folder)), folder)).toBe(
      strip(JSON.stringify(await read(original)), original),
    )
  })

  it('reads labels written sirna_1, and leaves controls out when told', async () => {
    const train = competition['train.csv'].replace(/,(\d)$/gm, ',sirna_$1')
    const folder = folderOf({ 'train.csv': train, 'test.csv': competition['test.csv'] })
    const screen = await read(folder, { controls: false })
    expect(screen.units.map((unit) => unit.label)).toEqual([1, null, 0, 2, 1])
    expect([screen.classes, screen.controlClasses]).toEqual([3, 0])
  })

  it('may have no test experiments', async () => {
    const none = {
      'test.csv': 'id_code,experiment,plate,well\n',
      'test_controls.csv': 'id_code,experiment,plate,well,sirna,well_type\n',
    }
    const screen = await read(folderOf({ ...competition, ...none }))
    expect(screen.units.every(({ part }) => part === 'train')).toBe(true)
    expect(screen.plates).toHaveLength(3)
  })

  it('takes so many sites a well as the configuration says', async () => {
    const screen = await read(folderOf(competition), { sites: 3 })
    expect(screen.sites).toHaveLength(24)
    expect(screen.sites[2]?.images[0]).toMatch(/B03_s3_w1\.png$/)
  })

  it('takes labels of test wells from answers, and keeps those wells in the test part', async () => {
    const answers = 'id_code,sirna\nHEPG2-02_1_D04,2\n'
    const folder = folderOf({ ...competition, 'answers.csv': answers })
    const screen = await read(folder, { answers: 'answers.csv' })
    const unit = screen.units.find(({ code }) => code === 'HEPG2-02_1_D04')
    expect([unit?.label, unit?.part]).toEqual([2, 'test'])
  })

  it('names classes from a file, and says synthetic when the simulator made the folder', async () => {
    const classes = 'class,name\n1,EIF3A\n0,"PLK1, again"\n4,untreated\n'
    const folder = folderOf({ ...competition, 'c.csv': classes, 'synthetic.json': '{}' })
    const screen = await read(folder, { classes: 'c.csv' })
    expect(screen.classNames).toEqual(['PLK1, again', 'EIF3A', '2'])
    expect(screen.synthetic).toBe(true)
    expect((await read(folderOf(competition))).synthetic).toBe(false)
  })
})

describe('faults of the competition edition', () => {
  const wrong = async (
    files: Record<string, string>,
    fields: Record<string, unknown> = {},
  ): Promise<string> => {
    const fault = await read(folderOf({ ...competition, ...files }), fields).catch(
      (error: unknown) => error,
    )
    expect(fault).toBeInstanceOf(ScreenError)
    return fault instanceof Error ? fault.message : ''
  }
  const train = (from: string | RegExp, to: string) => ({
    'train.csv': competition['train.csv'].replace(from, to),
  })

  it('names file, row, column, what was got and what was expected', async () => {
    expect(await wrong(train('C05,2', 'C05,two'))).toMatch(
      /train\.csv:2: column "sirna": got "two", expected an integer from 0/,
    )
    expect(await wrong(train('C05,2', 'C05,-1'))).toMatch(/train\.csv:2: .*got "-1"/)
    expect(await wrong(train('C05,2', 'C05,1.5'))).toMatch(/train\.csv:2: .*got "1\.5"/)
    expect(await wrong(train('C05,2', 'C05,'))).toMatch(/train\.csv:2: .*got ""/)
    expect(await wrong(train('1,C05,', '1,C5,'))).toMatch(/train\.csv:2: column "well": got "C5"/)
    expect(await wrong(train('1,B03,0', '1,Q03,0'))).toMatch(/:3: column "well": got "Q03"/)
    expect(await wrong(train('RPE-01,2,B03', 'RPE-01,zwei,B03'))).toMatch(/:4: column "plate"/)
    expect(await wrong(train(',RPE-01,2,B03', ',RPE01,2,B03'))).toMatch(/:4: column "experiment"/)
    expect(await wrong(train(',RPE-01,2,B03', ',RPE-02,2,B03'))).toMatch(
      /:4: column "id_code": got "RPE-01_2_B03", expected "RPE-02_2_B03"/,
    )
    expect(
      await wrong({
        'train_controls.csv': competition['train_controls.csv'].replace('positive_', 'possitive_'),
      }),
    ).toMatch(/train_controls\.csv:3: column "well_type": got "possitive_control", expected one of/)
  })

  it('names both rows of a well that stands twice, in one table or in two', async () => {
    expect(
      await wrong(train('RPE-01_2_B03,RPE-01,2,B03,1', 'RPE-01_1_B03,RPE-01,1,B03,1')),
    ).toMatch(
      /plate RPE-01\/1: well B03, site 1 stands twice: at .*train\.csv:3 and at .*train\.csv:4/,
    )
    const controls = competition['train_controls.csv'].replaceAll('C03', 'C05')
    expect(await wrong({ 'train_controls.csv': controls })).toMatch(
      /C05.*train\.csv:2 and at .*train_controls\.csv:3/,
    )
  })

  it('names both rows when treatments reach into the labels of controls', async () => {
    expect(await wrong(train('C05,2', 'C05,3'))).toMatch(
      /out of range: .*train\.csv:2 .*label 3, .*train_controls\.csv:3 .*label 3/,
    )
  })

  it('says which file is missing, empty or lacks a column, and what is near', async () => {
    const { 'test.csv': _, ...three } = competition
    const fault = read(folderOf(three))
    await expect(fault).rejects.toThrow(/test\.csv: no such file; expected the treated wells/)
    expect(await wrong({ 'test.csv': '' })).toMatch(/test\.csv: got an empty file/)
    const header = 'id_code,experiment,plate,well,sirna\n'
    expect(await wrong({ 'train.csv': header })).toMatch(/train\.csv: got a header without rows/)
    expect(await wrong(train('sirna', 'siRNA'))).toMatch(
      /train\.csv:1: no column "sirna"\. Did you mean siRNA\?/,
    )
    expect(await wrong(train('C05,2', 'C05,2,9'))).toMatch(/:2: got 6 fields, expected 5/)
    expect(await wrong(train('C05,2', 'C05,"2'))).toMatch(/not a CSV file/)
    await expect(read(folderOf({}))).rejects.toThrow(/neither train\.csv .* nor metadata\.csv/)
  })

  it('refuses answers for wells that are not there, given twice, or beyond the classes', async () => {
    const answers = (text: string) =>
      wrong({ 'a.csv': `id_code,sirna\n${text}\n` }, { answers: 'a.csv' })
    expect(await answers('RPE-01_1_B03,1')).toMatch(/a\.csv:2: .*expected a well of .*test\.csv/)
    expect(await answers('HEPG2-02_1_D04,1\nHEPG2-02_1_D04,2')).toMatch(/lines 2 and 3/)
    expect(await answers('HEPG2-02_1_D04,3')).toMatch(/a\.csv:2 .*label 3, expected 0 to 2/)
    expect(await wrong({}, { answers: 'none.csv' })).toMatch(/none\.csv: no such file/)
  })
})

describe('the later release', () => {
  const metadata = [
    'site_id,well_id,cell_type,dataset,experiment,plate,well,site,well_type,sirna,sirna_id',
    'RPE-01_1_B03_2,RPE-01_1_B03,RPE,train,RPE-01,1,B03,2,treatment,s21721,1',
    'RPE-01_1_B03_1,RPE-01_1_B03,RPE,train,RPE-01,1,B03,1,treatment,s21721,1',
    'RPE-01_1_C03_1,RPE-01_1_C03,RPE,train,RPE-01,1,C03,1,treatment,s20894,0',
    'RPE-02_1_C03_1,RPE-02_1_C03,RPE,test,RPE-02,1,C03,1,treatment,s20894,0',
    'RPE-02_1_B02_1,RPE-02_1_B02,RPE,test,RPE-02,1,B02,1,negative_control,EMPTY,2',
    '',
  ].join('\n')

  it('gives sites as its rows name them, in images/, with the vendor as class name', async () => {
    const folder = folderOf({ 'metadata.csv': metadata })
    const screen = await read(folder)
    expect(
      screen.units.map(({ code, label, part, sites }) => [code, label, part, sites.length]),
    ).toEqual([
      ['RPE-01_1_B03', 1, 'train', 2],
      ['RPE-01_1_C03', 0, 'train', 1],
      ['RPE-02_1_B02', 2, 'test', 1],
      ['RPE-02_1_C03', 0, 'test', 1],
    ])
    expect(screen.classNames).toEqual(['s20894', 's21721'])
    expect([screen.classes, screen.controlClasses]).toEqual([2, 1])
    expect(screen.sites[1]?.images[5]).toBe(`${folder}/images/RPE-01/Plate1/B03_s2_w6.png`)
  })

  it('names the table when no site of it counts', async () => {
    const [head, ...rows] = metadata.split('\n')
    const controls = rows.filter((row) => row.includes('negative_control'))
    const folder = folderOf({ 'metadata.csv': [head, ...controls].join('\n') })
    await expect(read(folder, { controls: false })).rejects.toThrow(
      `screen: ${folder}/metadata.csv: got no site at all, expected at least one. Complete the table`,
    )
  })

  it('names the row of a fault', async () => {
    const wrong = async (from: string, to: string) =>
      read(folderOf({ 'metadata.csv': metadata.replace(from, to) }))
    await expect(wrong('RPE,train', 'HEPG2,train')).rejects.toThrow(
      /metadata\.csv:2: column "cell_type": got "HEPG2", expected "RPE"/,
    )
    await expect(wrong('RPE,train', 'RPE,tain')).rejects.toThrow(/:2: column "dataset"/)
    await expect(wrong('B03,2,treatment', 'B03,0,treatment')).rejects.toThrow(/column "site"/)
    await expect(wrong('B03_2,', 'B03_1,')).rejects.toThrow(/column "site_id"/)
    await expect(wrong('s21721,1', 's21721,0')).rejects.toThrow(
      /well B03: label is 1 at .*:3 but 0 at .*:2/,
    )
    const answers = readScreen(
      screenSection({
        reader: 'rxrx1',
        folder: folderOf({ 'metadata.csv': metadata }),
        answers: 'answers.csv',
      }),
    )
    await expect(answers).rejects.toBeInstanceOf(ConfigError)
  })
})

describe.skipIf(!existsSync(join(dataFolder, 'rxrx1')))(
  'the real RxRx1 tables (needs the data folder)',
  () => {
    const folder = join(dataFolder, 'rxrx1')

    it('gives the counts of the CSVs', async () => {
      const screen = await read(folder)
      const lines = async (name: string) =>
        (await readFile(join(folder, name), 'utf8')).trimEnd().split('\n').length - 1
      const count = (part: string, treated: boolean) =>
        screen.units.filter((unit) => unit.part === part && (unit.role === 'treatment') === treated)
          .length
      const counts = [
        count('train', true),
        count('test', true),
        count('train', false),
        count('test', false),
      ]
      expect(counts).toEqual([
        await lines('train.csv'),
        await lines('test.csv'),
        await lines('train_controls.csv'),
        await lines('test_controls.csv'),
      ])
      expect(counts).toEqual([36_515, 19_897, 4_097, 2_246])
      expect([screen.sites.length, screen.plates.length]).toEqual([125_510, 204])
      expect(new Set(screen.plates.map((plate) => plate.experiment)).size).toBe(51)
      expect(cellTypes(screen)).toEqual(['HEPG2', 'HUVEC', 'RPE', 'U2OS'])
      expect([screen.classes, screen.controlClasses]).toEqual([1108, 31])
      const wells = (type: string, part: string) =>
        screen.units.filter(
          (unit) =>
            unit.role === 'treatment' &&
            unit.part === part &&
            screen.plates[unit.plate]?.cellType === type,
        ).length
      expect(cellTypes(screen).map((type) => [wells(type, 'train'), wells(type, 'test')])).toEqual([
        [7_750, 4_429],
        [17_688, 8_846],
        [7_753, 4_417],
        [3_324, 2_205],
      ])
    })
  },
)
