import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../errors.js'
import { randomStream } from '../random.js'
import { readScreen } from './read-screen.js'
import { cellTypes, type Plate, type Screen, type Unit } from './screen.js'
import { type Split, splitScreen } from './split.js'
import { dataFolder, screenSection, splitSection } from './tables.test.support.js'

/** Experiments of each cell type as `name: [training, test]`; two plates each, three wells a plate. */
function screenOf(layout: Record<string, [train: number, test: number]>): Screen {
  const plates: Plate[] = []
  const units: Unit[] = []
  for (const [cellType, [train, test]] of Object.entries(layout)) {
    for (let number = 1; number <= train + test; number++) {
      const experiment = `${cellType}-${String(number).padStart(2, '0')}`
      for (const plate of ['1', '2']) {
        const members: number[] = []
        for (const well of ['B02', 'B03', 'B04']) {
          members.push(units.length)
          const id = `${experiment}/${plate}/${well}`
          const part = number > train ? 'test' : 'train'
          const role = well === 'B02' ? 'negativeControl' : 'treatment'
          const label = role === 'treatment' && part === 'test' ? null : 0
          units.push({ id, plate: plates.length, well, role, label, part, code: id, sites: [] })
        }
        plates.push({ id: `${experiment}/${plate}`, experiment, cellType, plate, units: members })
      }
    }
  }
  return {
    name: 'made',
    unitKind: 'well',
    channels: [],
    classes: 1,
    controlClasses: 1,
    classNames: null,
    plates,
    units,
    sites: [],
    synthetic: false,
  }
}

const split = (screen: Screen, fields: Record<string, unknown>): Split =>
  splitScreen(screen, splitSection(fields))

/** Names of the groups that the units belong to. */
function groupsOf(screen: Screen, units: readonly number[], by: 'experiment' | 'id'): string[] {
  const names = units.map((unit) => screen.plates[screen.units[unit]?.plate ?? -1]?.[by] ?? '?')
  return [...new Set(names)]
}

describe('a split', () => {
  const screen = screenOf({ HEPG2: [3, 1], HUVEC: [6, 2] })

  it("holds out named experiments and keeps the screen's own test part", () => {
    const { train, validation, test } = split(screen, { validation: { HEPG2: ['HEPG2-02'] } })
    expect(groupsOf(screen, validation, 'experiment')).toEqual(['HEPG2-02'])
    expect(groupsOf(screen, test, 'experiment')).toEqual(['HEPG2-04', 'HUVEC-07', 'HUVEC-08'])
    expect(groupsOf(screen, train, 'experiment')).toHaveLength(8)
    expect(
      [...train, ...validation, ...test].map((unit) => screen.units[unit]?.role),
    ).not.toContain('negativeControl')
  })

  it('draws every fold once within each cell type, in the order of names', () => {
    const validations = [0, 1, 2].map((fold) =>
      groupsOf(screen, split(screen, { validation: { folds: 3, fold } }).validation, 'experiment'),
    )
    expect(validations).toEqual([
      ['HEPG2-01', 'HUVEC-01', 'HUVEC-04'],
      ['HEPG2-02', 'HUVEC-02', 'HUVEC-05'],
      ['HEPG2-03', 'HUVEC-03', 'HUVEC-06'],
    ])
  })

  it('takes another division for another seed, the same for the same', () => {
    const drawn = (seed: number) =>
      groupsOf(
        screen,
        split(screen, { validation: { folds: 3, fold: 0, seed } }).validation,
        'experiment',
      ).join()
    expect(drawn(4)).toBe(drawn(4))
    expect(new Set([1, 2, 3, 4, 5, 6].map(drawn)).size).toBeGreaterThan(1)
  })

  it('leaves skipped experiments out of everything', () => {
    const { train, validation, test } = split(screen, {
      skipExperiments: ['HUVEC-03', 'HUVEC-07'],
      validation: { folds: 3, fold: 2 },
    })
    const used = groupsOf(screen, [...train, ...validation, ...test], 'experiment')
    expect(used).toHaveLength(10)
    expect(used).not.toContain('HUVEC-03')
    expect(used).not.toContain('HUVEC-07')
    expect(groupsOf(screen, validation, 'experiment')).toEqual(['HEPG2-03', 'HUVEC-04'])
  })

  it('holds out whole groups, disjoint, with every cell type on every side', () => {
    const random = randomStream(11, 'split test')
    for (let trial = 0; trial < 300; trial++) {
      const made = screenOf({
        A: [3 + random.integer(6), random.integer(3)],
        B: [3 + random.integer(9), random.integer(2)],
      })
      const folds = 3 + random.integer(4)
      const fold = random.integer(folds)
      const by = random.integer(2) === 0 ? 'experiment' : 'plate'
      const seed = random.integer(2) === 0 ? {} : { seed: random.integer(99) }
      const test =
        random.integer(2) === 0 ? 'screen' : { folds: 3, fold: random.integer(3), seed: 1000 }
      const {
        train,
        validation,
        test: held,
      } = split(made, {
        by,
        test,
        validation: { folds, fold, ...seed },
      })
      const all = [...train, ...validation, ...held]
      expect(new Set(all).size).toBe(all.length)
      for (const part of [train, validation, held]) {
        expect(part).toEqual([...part].sort((a, b) => a - b))
      }
      const key = by === 'experiment' ? 'experiment' : 'id'
      const sides = [train, validation, held].flatMap((part) => groupsOf(made, part, key))
      expect(new Set(sides).size).toBe(sides.length)
      for (const part of test === 'screen' ? [train, validation] : [train, validation, held]) {
        const types = part.map((unit) => made.plates[made.units[unit]?.plate ?? -1]?.cellType)
        expect(new Set(types).size).toBe(cellTypes(made).length)
      }
      for (const unit of [...train, ...validation]) {
        expect(made.units[unit]).toMatchObject({ part: 'train', role: 'treatment', label: 0 })
      }
      if (test === 'screen') {
        const trainable = made.units.filter((u) => u.part === 'train' && u.role === 'treatment')
        expect(train.length + validation.length).toBe(trainable.length)
      }
    }
  })
})

describe('a split that cannot be', () => {
  const screen = screenOf({ HEPG2: [3, 1], HUVEC: [6, 2] })
  const refuses = (fields: Record<string, unknown>, pattern: RegExp, of = screen) => {
    expect(() => split(of, fields)).toThrow(pattern)
    expect(() => split(of, fields)).toThrow(ConfigError)
  }

  it('says which name is not there, and what is near', () => {
    refuses({ validation: { HUVECS: ['HUVEC-01'] } }, /"HUVECS".*Did you mean HUVEC\?/)
    refuses({ validation: { HUVEC: ['HUVEC-1'] } }, /"HUVEC-1".*Did you mean HUVEC-01\?/)
    refuses({ validation: { HUVEC: ['HEPG2-01'] } }, /HEPG2-01 is of cell type HEPG2/)
    refuses(
      { skipExperiments: ['HUVEC-99'] },
      /skipExperiments: got "HUVEC-99", expected one of the \d+ experiments of the screen: HEPG2-01, .*HUVEC-01, /,
    )
    refuses(
      { skipExperiments: ['HUVEC-03'], validation: { HUVEC: ['HUVEC-03'] } },
      /"HUVEC-03", expected one of the 5 there \(skipped ones left out\)/,
    )
    refuses({ validation: { HUVEC: ['HUVEC-07'] } }, /"HUVEC-07", expected one of the 6/)
  })

  it('says when folds collide, are too many, or take everything', () => {
    refuses(
      { test: { folds: 3, fold: 1 }, validation: { folds: 3, fold: 1 } },
      /both fold 1 of 3, expected different folds/,
    )
    refuses(
      { test: { HUVEC: ['HUVEC-02'] }, validation: { HUVEC: ['HUVEC-02'] } },
      /HUVEC-02 is held out both for test and for validation/,
    )
    refuses({ validation: { folds: 3, fold: 3 } }, /fold: got 3, expected 0 to 2/)
    refuses({ validation: {} }, /validation: got \{\}, which holds out no unit with a label/)
    refuses({ test: { HUVEC: [] } }, /split\.test: got .*holds out no unit/)
    refuses(
      { validation: { HEPG2: ['HEPG2-01', 'HEPG2-02', 'HEPG2-03'] } },
      /every experiment of cell type HEPG2 is held out/,
    )
    refuses(
      { test: { folds: 5, fold: 0 }, validation: { folds: 5, fold: 3 } },
      /HEPG2-01 is held out both for test and for validation.*HEPG2 has 3/,
    )
    refuses({}, /no labelled treatment/, screenOf({ RPE: [0, 2] }))
  })

  it('says when an experiment of two cell types is to be held out whole', () => {
    const mixed = screenOf({ HEPG2: [2, 0] })
    const plates = mixed.plates.map((plate, index) =>
      index === 1 ? { ...plate, cellType: 'RPE' } : plate,
    )
    refuses({}, /HEPG2-01 has plates of HEPG2 and of RPE/, { ...mixed, plates })
    expect(split({ ...mixed, plates }, { by: 'plate' }).train).toHaveLength(8)
  })
})

describe.skipIf(!existsSync(join(dataFolder, 'mitocheck')))(
  'the split of MitoCheck (needs the data folder)',
  () => {
    it('holds out plates: sorted names, index mod 5', async () => {
      const screen = await readScreen(
        screenSection({
          reader: 'table',
          folder: join(dataFolder, 'mitocheck'),
          table: 'manifest.csv',
          unit: 'image',
          images: 'images/{file}',
          channels: [{ name: 'H2B-GFP' }],
          columns: { plate: 'plate', well: 'well', site: '{frame}-{x}-{y}', label: 'class' },
        }),
      )
      const { train, validation, test } = split(screen, {
        by: 'plate',
        test: { folds: 5, fold: 0 },
        validation: { folds: 5, fold: 1 },
      })
      expect([train.length, validation.length, test.length]).toEqual([1766, 743, 768])
    })
  },
)
