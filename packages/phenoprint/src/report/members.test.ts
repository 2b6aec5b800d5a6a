import { readFileSync, rmSync } from 'node:fs'
import { expect, it } from 'vitest'
import { silentReporter } from '../run/reporter.js'
import { temporaryFolder } from '../testing/folder.js'
import { askPython } from '../testing/python.js'
import { judgedMembers } from './page/judged-members.js'
import { readRun } from './page/reported-run.js'
import { report } from './report.js'
import { averagedRuns, memberWeights } from './report.test.support.js'

it('members are judged as numpy does, alone, in pairs and left out one by one', async () => {
  const { rows, output } = await averagedRuns(temporaryFolder())
  const found = await judgedMembers(readRun(output))
  expect(found?.missing).toEqual([])
  for (const of of found?.cellTypes ?? []) {
    const own = rows.map((list) => list.filter(({ who }) => who.cellType === of.cellType))
    const expected = askPython(
      `
from scipy.special import softmax
x = softmax(np.array(d['logits']), axis=2); y = np.array(d['labels']); w = np.array(d['weights'])
right = lambda w: float((np.tensordot(w, x, 1).argmax(1) == y).mean())
calls = x.argmax(2); n = len(w)
print(json.dumps({
  'accuracy': right(w),
  'alone': [float((c == y).mean()) for c in calls],
  'without': [right(np.where(np.arange(n) == i, 0, w)) for i in range(n)],
  'pairs': [float((calls[a] != calls[b]).mean()) for a in range(n) for b in range(a + 1, n)]}))`,
      {
        logits: own.map((list) => list.map(({ logits }) => logits)),
        labels: own[0]?.map(({ who }) => who.label),
        weights: memberWeights,
      },
    )
    expect({
      accuracy: of.accuracy,
      alone: of.members.map(({ accuracy }) => accuracy),
      without: of.members.map(({ without }) => without),
      pairs: of.pairs.map(({ disagreement }) => disagreement),
    }).toEqual(expected)
  }
  expect(found?.cellTypes.map(({ cellType }) => cellType)).toEqual(['HUVEC', 'U2OS'])
})

it('a report on an ensemble tells of its members, and says when they are gone', async () => {
  const { output, runs } = await averagedRuns(temporaryFolder())
  const page = async () => {
    const { files } = await report([output], silentReporter)
    return readFileSync(files[0] ?? '', 'utf8')
  }
  const whole = await page()
  expect(whole.match(/data-plot="members"/g)).toHaveLength(2)
  expect(whole.match(/data-plot="disagreement"/g)).toHaveLength(2)
  expect(whole).toContain('member-0 and member-2')
  rmSync(runs[1] ?? '', { recursive: true })
  const without = await page()
  expect(without).toContain('Not compared: ensemble.members: there is no run in')
  expect(without).not.toContain('data-plot="members"')
})
