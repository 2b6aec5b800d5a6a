import { join } from 'node:path'
import { loadConfig } from '@phenoprint/phenoprint'
import { describe, expect, it } from 'vitest'
import { temporaryFolder, write } from '../../scripts/testing/temporary.mjs'
import { differences, resolveSetting } from '../lib/step.mjs'
import { armsOf } from './arms.mjs'
import { accuracyOf, readCalledWells } from './called-wells.mjs'
import { claims } from './claims.mjs'
import { compareArms, verdictOf } from './compare-arms.mjs'
import { claimsPage } from './table.mjs'

/** @import { Step } from '../lib/step.mjs' */

const seeds = 5

/** @param {Step} step @returns {Step[]} it and all behind it. */
const behind = (step) => [step, ...step.inputs.flatMap(behind)]

describe('the arms', () => {
  const comparisons = claims.flatMap(({ comparisons }) => comparisons)

  it.each(comparisons)('$arm differs from $against in the named keys alone', (comparison) => {
    for (let seed = 1; seed <= seeds; seed++) {
      const arms = armsOf(seed, seeds)
      expect(differences(arms[comparison.arm], arms[comparison.against])).toEqual(comparison.keys)
    }
  })

  it('are all compared', () => {
    const compared = comparisons.flatMap(({ arm, against }) => [arm, against])
    expect(new Set(compared)).toEqual(new Set(Object.keys(armsOf(1, seeds))))
  })

  it('are configurations that the commands take', () => {
    for (const step of Object.values(armsOf(1, seeds)).flatMap(behind)) {
      const set = Object.entries(step.set).map(
        ([key, value]) => `${key}=${JSON.stringify(resolveSetting(value, ({ key }) => key))}`,
      )
      expect(() => loadConfig(step.config, { set: [...set, 'output=run'] })).not.toThrow()
    }
  })

  it('share their steps, and change with the seed but for the screen', () => {
    const steps = (/** @type {number} */ seed) =>
      new Map(
        Object.values(armsOf(seed, seeds))
          .flatMap(behind)
          .map((step) => [step.key, step]),
      )
    const [first, second] = [steps(1), steps(2)]
    const count = (/** @type {Map<string, Step>} */ all, /** @type {string} */ verb) =>
      [...all.values()].filter((step) => step.verb === verb).length
    expect(count(first, 'simulate')).toBe(1)
    // twelve arms of one training each, and two more seeds and splits for the ensembles' members.
    expect(count(first, 'train')).toBe(15)
    expect(count(first, 'fine-tune')).toBe(3)
    const both = [...first.keys()].filter((key) => second.has(key)).map((key) => first.get(key))
    expect(new Set(both.map((step) => step?.verb))).toEqual(
      new Set(['simulate', 'shrink', 'preprocess', 'train', 'infer']),
    )
    expect(armsOf(1, seeds).baseline.key).not.toBe(armsOf(2, seeds).baseline.key)
  })
})

describe('figures', () => {
  const csv = `split,experiment,plate,callName,outcome
test,B-1,1,"one, two",right
test,B-1,1,x,wrong
test,A-1,2,x,right
test,A-1,2,x,
validation,A-2,1,x,wrong
`
  const path = () => write(join(temporaryFolder(), 'calls.csv'), csv)

  it('count labelled wells of a split by experiment', () => {
    const called = readCalledWells(path(), 'test')
    expect([...called]).toEqual([
      ['A-1', { wells: 1, right: 1 }],
      ['B-1', { wells: 2, right: 1 }],
    ])
    expect(accuracyOf(called)).toBeCloseTo(2 / 3, 12)
  })

  it('of two arms are paired by seed and experiment, with a verdict from five seeds on', () => {
    const measured = (/** @type {number} */ right) => ({
      test: new Map(['A', 'B'].map((name) => [name, { wells: 10, right }])),
      validation: new Map([['C', { wells: 4, right: 1 }]]),
      seconds: 1,
      peakMiB: 100,
    })
    /** @type {import('./claims.mjs').Comparison} */
    const comparison = { arm: 'pseudo-labels', against: 'baseline', keys: [] }
    const pairs = [1, 2, 3, 4, 5].map((more) => ({ arm: measured(4 + more), against: measured(4) }))
    const five = compareArms(comparison, pairs)
    expect(five).toMatchObject({ seeds: 5, experiments: 2, difference: 0.3, verdict: 'held' })
    expect(five.accuracy.arm).toBeCloseTo(0.7, 12)
    expect(five.validation).toEqual({ arm: 0.25, against: 0.25 })
    expect(five.right[1]).toEqual({ A: [6, 4, 10], B: [6, 4, 10] })
    expect(compareArms(comparison, pairs.slice(0, 4)).verdict).toBeNull()
    const page = claimsPage({
      claims: [{ name: 'pseudo-labels', lesson: 'More', comparisons: [five] }],
      longest: 60,
      seconds: 7200,
    })
    expect(page).toMatch(
      /\| More \| pseudo-labels \| baseline \| 70.0, 40.0 \| \+30.0 \| \+1\d.\d to \+[34]\d.\d \| \*\*held\*\* \| 5 \|/,
    )
  })

  it('of unlike wells are refused', () => {
    const measured = (/** @type {number} */ wells) => ({
      test: new Map([['A', { wells, right: 1 }]]),
      validation: new Map(),
      seconds: 1,
      peakMiB: 1,
    })
    expect(() =>
      compareArms({ arm: 'baseline', against: 'shrunk', keys: [] }, [
        { arm: measured(9), against: measured(10) },
      ]),
    ).toThrow('the same wells of A')
  })

  it('hold above 0, do not hold below it, and else stay undecided', () => {
    expect(verdictOf(0.01, 0.02)).toBe('held')
    expect(verdictOf(-0.02, -0.01)).toBe('did not hold')
    expect(verdictOf(0, 0.01)).toBe('undecided')
    expect(verdictOf(-0.01, 0.01)).toBe('undecided')
  })
})
