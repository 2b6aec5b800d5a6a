import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { reliability } from '../../evaluation/reliability.js'
import { type AccuracyPart, accuracyPlot } from './accuracy.js'
import { calibrationPlot } from './calibration.js'
import { confusionPlot } from './confusion.js'
import { disagreementPlot } from './disagreement.js'
import { embeddingMap } from './embedding-map.js'
import { accuracyCurves, lossCurves } from './learning-curves.js'
import { membersPlot } from './members.js'
import { pairsByCellType } from './pairs-by-cell-type.js'
import { type MappedWell, plateMap } from './plate-map.js'
import { wellMap } from './well-map.js'

const curves = ['HUVEC', 'U2OS'].flatMap((network, n) =>
  [1, 2, 3, 4].map((epoch) => ({
    network,
    epoch,
    trainingLoss: 3 / epoch + n,
    validationLoss: 3.5 / epoch + n,
    accuracy: 0.2 * epoch - 0.1 * n,
  })),
)

const parts = ['HUVEC', 'U2OS'].flatMap((part, p) =>
  ['runs/a', 'runs/b'].map(
    (run, r): AccuracyPart => ({
      run,
      part,
      units: 48,
      accuracy: { mean: 0.5 + 0.2 * p + 0.1 * r, lower: 0.4, upper: 0.9 },
    }),
  ),
)

const cells = [
  { label: 'class 2', call: 'class 2', units: 5 },
  { label: 'class 2', call: 'class 10', units: 3 },
  { label: 'class 10', call: 'class 10', units: 1 },
]

const wells: MappedWell[] = [
  { well: 'B03', call: 'a < b', label: 'a < b', outcome: 'right', probability: 0.9 },
  { well: 'P24', call: 'c', label: 'a < b', outcome: 'wrong', probability: 0.4 },
  { well: 'A01', call: 'c', label: '', outcome: 'unknown', probability: null },
]

const calibration = reliability([0.95, 0.9, 0.4, 0.35], [true, true, true, false])

const plots: Readonly<Record<string, string>> = {
  loss: lossCurves(curves, 'runs/a'),
  'curve-accuracy': accuracyCurves(curves, 'runs/a'),
  accuracy: accuracyPlot(parts, 'Accuracy by cell type'),
  confusion: confusionPlot(cells, 'Confusion of classes'),
  'plate-outcome': plateMap(wells, 'E1 / 1', 'outcome'),
  'plate-probability': plateMap(wells, 'E1 / 1', 'probability'),
  members: membersPlot(
    [
      { name: 'a < b', accuracy: 0.62, without: 0.7 },
      { name: 'c', accuracy: 0.58, without: 0.79 },
    ],
    0.75,
    'Members, HUVEC',
  ),
  disagreement: disagreementPlot(
    [
      { a: 'a < b', b: 'c', share: 0.4 },
      { a: 'a < b', b: 'd', share: 0.1 },
      { a: 'c', b: 'd', share: 0.25 },
    ],
    ['a < b', 'c', 'd'],
    'Disagreement, HUVEC',
  ),
  embedding: embeddingMap(
    Array.from({ length: 8 }, (_, i) => ({
      x: i * i - 20,
      y: 1 / (i + 1),
      group: i < 4 ? 'U2OS' : `cell < ${i}`,
      words: `E1/1/B0${i}`,
    })),
    [0.4211, 0.12],
    'Embeddings by cell type, runs/a',
  ),
  'well-map-numbers': wellMap(
    [
      { well: 'B03', value: 0.25, words: 'B03: 0.25' },
      { well: 'P24', value: 12, words: 'P24: 12' },
      { well: 'A01', value: null, words: 'A01: none' },
    ],
    { plate: 'E1 / 1', value: 'mean of channel 1 (counts)', domain: null },
  ),
  'well-map-words': wellMap(
    ['a < b', 'c', 'c', 'd'].map((value, i) => ({
      well: `B0${i + 1}`,
      value,
      words: `B0${i + 1}: ${value}`,
    })),
    { plate: 'E1 / 1', value: 'called class', domain: null },
  ),
  'pairs-by-cell-type': pairsByCellType(
    [
      { pair: 'a < b as c', cellType: 'HUVEC', units: 3, of: 4 },
      { pair: 'a < b as c', cellType: 'U2OS', units: 0, of: 5 },
      { pair: 'd as c', cellType: 'HUVEC', units: 1, of: 3 },
      { pair: 'd as c', cellType: 'U2OS', units: 0, of: 0 },
    ],
    'Pairs confused most, by cell type',
  ),
  calibration: calibrationPlot(calibration, 'runs/a'),
}

describe.each(Object.entries(plots))('the plot %s', (name, svg) => {
  it('is drawn as it was looked at', async () => {
    const folder = '../../../src/report/plots/snapshots/'
    const path = new URL(`${folder}${name}.svg`, import.meta.url)
    await expect(`${svg}\n`).toMatchFileSnapshot(fileURLToPath(path))
  })

  it('has words for those who do not see it, and no part that runs or loads', () => {
    expect(svg).toMatch(/^<svg role="img" /)
    expect(svg).toMatch(/ aria-label="[^"]{5,}"/)
    expect(svg).toMatch(/ aria-description="[^"]{20,}"/)
    expect(svg).not.toMatch(/<script|<style|href=|NaN/)
  })
})

it('a map whose wells lead elsewhere is a group of links, not one picture', () => {
  const svg = plateMap([{ ...exampleWell, well: 'B03', href: '#b03' }], 'E1 / 1', 'outcome')
  expect(svg).toMatch(/^<svg role="group" /)
  expect(svg).toMatch(/<a fill="[^"]*" href="#b03"|<a href="#b03"/)
})

it('a plate map has a place for each of 384 wells, and grows with a larger plate', () => {
  const rectangles = (svg: string) => svg.match(/<rect /g)?.length
  expect(rectangles(plateMap([], 'E1 / 1', 'outcome'))).toBe(384)
  const corner: MappedWell = { ...exampleWell, well: 'AF48' }
  expect(rectangles(plateMap([corner], 'E1 / 1', 'outcome'))).toBe(32 * 48 + 1)
})

const exampleWell = { call: 'a', label: 'a', outcome: 'right', probability: 1 } as const
