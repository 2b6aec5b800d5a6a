import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { assignment as assignmentSchema } from '../config/assignment.js'
import { row } from '../evaluation/matrix.js'
import { argmax } from '../evaluation/softmax.js'
import type { PredictionBlock } from '../prediction/predicted-units.js'
import { groupOfPlate, learnPlateGroups } from '../screen/plate-groups.js'
import {
  contentsOf,
  logitsOf,
  predictionNoise,
  rowsOf,
  simulationOf,
  treatedWells,
} from './generated-predictions.test.support.js'
import { groupOrders, learnPlateOrder } from './plate-orders.js'
import { assignPlates, findGroups, type PlateCalls, type Rules, restrictClasses } from './plates.js'

const page = fileURLToPath(new URL('../../../../docs/guide/assign.md', import.meta.url))

/**
 * The wells and plates of a synthetic screen as large as RxRx1, and predictions generated for its 72
 * test plates: no picture is drawn, and no network trained.
 */
const settings = simulationOf()
const classes = settings.layout.classes
const wells = treatedWells(settings, 'test')
const rows = rowsOf(wells)
const labels = wells.map(({ label }) => label)
const training = contentsOf(treatedWells(settings, 'train'))
const groups = learnPlateGroups(training, classes)
const placeOf = (_: string, plate: string) => Number(plate) - 1
const orders = groupOrders(training, placeOf, (plate) => groupOfPlate(groups, plate) ?? -1)
const base = learnPlateOrder(orders)?.base ?? []

function rulesFor(options: object): Rules {
  const section = assignmentSchema.parse({ from: 'nowhere', ...options })
  return { section, classes, groups, base, placeOf, distances: null }
}

/** Plates whose group is that of the labels. */
function rightPlates(plates: readonly PlateCalls[]): number {
  return plates.filter((plate) => {
    const known = { ...plate, classes: plate.rows.map((index) => labels[index] ?? -1) }
    return plate.choice?.group === groupOfPlate(groups, known)
  }).length
}

function shareRight(calls: Int32Array): number {
  return labels.filter((label, index) => calls[index] === label).length / labels.length
}

function mostLikely({ logits }: Pick<PredictionBlock, 'logits'>): Int32Array {
  return Int32Array.from({ length: logits.rows }, (_, index) => argmax(row(logits, index)))
}

/** One line of the page's table. */
function lineOf(noise: Float32Array, accuracy: number): readonly (number | string)[] {
  const block = { rows, logits: logitsOf(noise, labels, accuracy) }
  const found = (rules: Rules) => findGroups(block, rules, () => 1)
  const rules = rulesFor({ groups: { order: 'rotation', minConfidence: 0 } })
  const greedy = rulesFor({ groups: { order: 'rotation' }, method: 'greedy' })
  const plates = found(rules)
  const others = [{ score: 'votes' }, { score: 'likelihood' }, { order: 'permutation' }].map(
    (options) => found(rulesFor({ groups: { ...options, minConfidence: 0 } })),
  )
  const right = [...others, plates].map(rightPlates)
  const restricted = restrictClasses(block, plates, rules)
  const shares = [
    mostLikely(block),
    mostLikely({ logits: restricted }),
    assignPlates(block, restricted, plates, greedy),
    assignPlates(block, restricted, plates, rules),
  ].map(shareRight)
  return [...right, ...shares.map((share) => share.toFixed(3))]
}

describe('groups and assignment on a synthetic screen', () => {
  const table = new Map<number, readonly (number | string)[]>()
  beforeAll(() => {
    const noise = predictionNoise(wells, { classes, seed: 1, common: 0.3 })
    for (const accuracy of [0.02, 0.1, 0.2, 0.4, 0.8]) {
      table.set(accuracy, lineOf(noise, accuracy))
    }
  }, 300_000)

  it('find the group of every test plate at an accuracy of 40 % a well, however they are asked', () => {
    const [votes, likelihood, permutation, rotation, predicted] = table.get(0.4) ?? []
    expect([votes, likelihood, permutation, rotation]).toEqual([72, 72, 72, 72])
    expect(Number(predicted)).toBeCloseTo(0.4, 1)
  })

  it('raise the accuracy, the optimal assignment most', () => {
    for (const accuracy of table.keys()) {
      const [predicted = 0, restricted = 0, greedy = 0, optimal = 0] = (table.get(accuracy) ?? [])
        .slice(4)
        .map(Number)
      expect(restricted).toBeGreaterThan(predicted)
      expect(greedy).toBeGreaterThan(restricted)
      expect(optimal).toBeGreaterThan(greedy)
    }
    const at40 = (table.get(0.4) ?? []).map(Number)
    expect((at40[7] ?? 0) - (at40[4] ?? 0)).toBeGreaterThan(0.3)
  })

  it('give the table that the page shows', () => {
    const lines = [...table].map(
      ([accuracy, cells]) => `| ${Math.round(100 * accuracy)} % | ${cells.join(' | ')} |`,
    )
    const shown = readFileSync(page, 'utf8').split('\n')
    expect(shown.filter((line) => /^\| \d+ % \|/.test(line))).toEqual(lines)
  })
})
