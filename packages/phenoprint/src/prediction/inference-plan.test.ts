import { describe, expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { PredictionError } from '../errors.js'
import { classList } from './class-list.js'
import { planSplits, splitForPrediction, splitSection, unitsByCellType } from './inference-plan.js'
import { screenOf } from './screen.test.support.js'
import { describeViews, viewsKept } from './views-kept.js'

const screen = screenOf({
  'HUVEC-01/1': [{ label: 0 }, { label: 1, sites: 0 }, { label: 3, role: 'negativeControl' }],
  'HUVEC-02/1': [{ label: 0 }, { label: 2 }],
  'RPE-01/1': [{ label: 2 }, { label: null, part: 'test' }],
  'RPE-02/1': [{ label: 1, sites: 1 }],
  'RPE-03/1': [{ label: null, part: 'test' }],
})
const section = configSchema.parse({
  split: { validation: { HUVEC: ['HUVEC-02'], RPE: ['RPE-02'] } },
}).split

describe('what is predicted', () => {
  it('is every unit with a site, plate by plate', () => {
    const split = splitForPrediction(screen, section)
    const plans = planSplits(screen, split, ['train', 'validation', 'test'])
    expect(plans).toEqual([
      {
        name: 'train',
        plates: [
          { cellType: 'HUVEC', units: [0] },
          { cellType: 'RPE', units: [5] },
        ],
        sites: 4,
      },
      {
        name: 'validation',
        plates: [
          { cellType: 'HUVEC', units: [3, 4] },
          { cellType: 'RPE', units: [7] },
        ],
        sites: 5,
      },
      {
        name: 'test',
        plates: [
          { cellType: 'RPE', units: [6] },
          { cellType: 'RPE', units: [8] },
        ],
        sites: 4,
      },
    ])
    expect(unitsByCellType(plans)).toEqual(
      new Map([
        ['HUVEC', 3],
        ['RPE', 4],
      ]),
    )
  })

  it('is all treatments of a screen without labels, as test', () => {
    const unlabelled = screenOf({
      'HUVEC-01/1': [{ label: null }, { label: null, role: 'negativeControl' }],
      'HUVEC-02/1': [{ label: null }],
    })
    const only = { ...configSchema.parse({}).split, skipExperiments: ['HUVEC-02'] }
    expect(splitForPrediction(unlabelled, configSchema.parse({}).split).test).toEqual([0, 2])
    expect(splitForPrediction(unlabelled, only)).toEqual({ train: [], validation: [], test: [0] })
  })
})

describe('the division', () => {
  const trained = configSchema.parse({ split: section })
  const silent = configSchema.parse({})
  const own = configSchema.parse({ split: { validation: { RPE: ['RPE-01'] } } })

  it('is the model’s where the configuration names none and the store is the same', () => {
    expect(splitSection(silent, trained, true)).toBe(trained.split)
    expect(splitSection(silent, trained, false)).toBe(silent.split)
  })

  it('is the configuration’s where it names one', () => {
    expect(splitSection(own, trained, true)).toBe(own.split)
  })
})

describe('classes', () => {
  const other = screenOf({}, 3)
  it('are the screen’s own', () => {
    expect(classList(screen, null)).toEqual({ count: 3, names: screen.classNames })
    expect(classList(screen, other)).toEqual({ count: 3, names: screen.classNames })
  })

  it('are the model’s for a screen that names none', () => {
    const nameless = { ...screen, classes: 0, classNames: null }
    expect(classList(nameless, screen)).toEqual({ count: 3, names: screen.classNames })
    expect(classList(nameless, null)).toEqual({ count: null, names: null })
  })

  it('must be the same, in the same order', () => {
    const swapped = { ...screen, classNames: ['treatment 0', 'treatment 2', 'treatment 1'] }
    expect(() => classList(swapped, screen)).toThrow(PredictionError)
    expect(() => classList(swapped, screen)).toThrow('class 1 is "treatment 2"')
  })
})

describe('views', () => {
  it('are kept in single precision below a gigabyte, then in half', () => {
    const below = viewsKept('auto', 249_999, 1000)
    const above = viewsKept('auto', 250_000, 1000)
    expect(below).toEqual({ precision: 'float32', bytes: 999_996_000 })
    expect(above).toEqual({ precision: 'float16', bytes: 500_000_000 })
    expect(describeViews(above, 250_000, 1000)).toBe(
      '250,000 views of 1,000 classes: 476.8 MiB of logits will be kept as float16',
    )
  })

  it('are kept as told', () => {
    expect(viewsKept('float32', 1e6, 1000).precision).toBe('float32')
    expect(viewsKept('float16', 1, 1)).toEqual({ precision: 'float16', bytes: 2 })
    const none = viewsKept('none', 10, 2)
    expect(describeViews(none, 10, 2)).toContain('not kept')
  })
})
