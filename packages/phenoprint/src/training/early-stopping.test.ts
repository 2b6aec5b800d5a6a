import { describe, expect, it } from 'vitest'
import type { Metrics, MetricsByCellType } from '../evaluation/metrics.js'
import { type EpochVerdict, judgeEpoch, noProgress } from './early-stopping.js'

function measured(loss: number): Metrics {
  return { count: 4, accuracy: 0, balancedAccuracy: 0, top5: 0, loss, ece: 0 }
}

function validation(overall: number, byCellType: Record<string, number> = {}): MetricsByCellType {
  return {
    overall: measured(overall),
    byCellType: Object.fromEntries(
      Object.entries(byCellType).map(([cellType, loss]) => [cellType, measured(loss)]),
    ),
  }
}

/** Judges epochs until one stops, at most all of them. */
function run(
  epochs: readonly MetricsByCellType[],
  rule?: { patience: number; minDelta: number },
): EpochVerdict[] {
  const verdicts: EpochVerdict[] = []
  let state = noProgress
  for (const [index, epoch] of epochs.entries()) {
    const verdict = judgeEpoch(state, index + 1, epoch, rule)
    verdicts.push(verdict)
    state = verdict.state
    if (verdict.stop) break
  }
  return verdicts
}

describe('judgeEpoch', () => {
  it('stops after `patience` epochs without improvement, and keeps the best', () => {
    const losses = [3, 2, 2.5, 2.4, 2.1, 1]
    const verdicts = run(
      losses.map((loss) => validation(loss)),
      { patience: 3, minDelta: 0 },
    )
    expect(verdicts.map((verdict) => verdict.bestOverall)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
    expect(verdicts.at(-1)).toMatchObject({
      stop: true,
      state: { overall: { bestEpoch: 2, bestLoss: 2 } },
    })
  })

  it('goes on while any cell type improves, and keeps the best epoch of each', () => {
    const verdicts = run(
      [
        validation(2, { HUVEC: 1, RPE: 3 }),
        validation(2.5, { HUVEC: 2, RPE: 2.9 }),
        validation(2.6, { HUVEC: 2.1, RPE: 2.8 }),
        validation(2.7, { HUVEC: 0.9, RPE: 3 }),
        validation(2.8, { HUVEC: 2, RPE: 3 }),
        validation(2.9, { HUVEC: 2, RPE: 3 }),
      ],
      { patience: 2, minDelta: 0 },
    )
    expect(verdicts).toHaveLength(6)
    expect(verdicts.at(-1)?.stop).toBe(true)
    expect(verdicts.map((verdict) => verdict.bestCellTypes)).toEqual([
      ['HUVEC', 'RPE'],
      ['RPE'],
      ['RPE'],
      ['HUVEC'],
      [],
      [],
    ])
    expect(verdicts.at(-1)?.state).toMatchObject({
      overall: { bestEpoch: 1 },
      byCellType: { HUVEC: { bestEpoch: 4, bestLoss: 0.9 }, RPE: { bestEpoch: 3, bestLoss: 2.8 } },
    })
  })

  it('counts small improvements once they add up to minDelta, and still keeps the lowest loss', () => {
    const rule = { patience: 2, minDelta: 0.1 }
    const slow = run(
      [1, 0.94, 0.88, 0.86, 0.85].map((loss) => validation(loss)),
      rule,
    )
    expect(slow.map((verdict) => verdict.stop)).toEqual([false, false, false, false, true])
    expect(slow.at(-1)?.state.overall).toEqual({
      bestEpoch: 5,
      bestLoss: 0.85,
      countedEpoch: 3,
      countedLoss: 0.88,
    })
  })

  it('does not count an equal loss as an improvement', () => {
    const verdicts = run(
      [1, 1, 1].map((loss) => validation(loss)),
      { patience: 2, minDelta: 0 },
    )
    expect(verdicts.map((verdict) => verdict.stop)).toEqual([false, false, true])
    expect(verdicts.at(-1)?.bestOverall).toBe(false)
  })

  it('passes over cell types without labelled units and over losses that are not finite', () => {
    const verdicts = run(
      [validation(2, { U2OS: Number.NaN }), validation(Number.NaN, { U2OS: Number.NaN })],
      { patience: 1, minDelta: 0 },
    )
    expect(verdicts[1]?.state).toEqual({
      overall: { bestEpoch: 1, bestLoss: 2, countedEpoch: 1, countedLoss: 2 },
      byCellType: {},
    })
    expect(verdicts[1]?.stop).toBe(true)
  })

  it('never stops without a rule', () => {
    const verdicts = run(Array.from({ length: 50 }, () => validation(1)))
    expect(verdicts).toHaveLength(50)
  })
})
