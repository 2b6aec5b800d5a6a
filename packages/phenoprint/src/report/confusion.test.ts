import { expect, it } from 'vitest'
import { askPython } from '../testing/python.js'
import type { CalledWell } from './page/called-wells.js'
import { pairShares } from './page/cell-type-confusion.js'
import { confusedPairs } from './page/confused-pairs.js'

it('confusion by cell type is as numpy counts it', () => {
  const wells = Array.from({ length: 60 }, (_, i): CalledWell => {
    const [label, call] = [String(i % 3), String((i * i) % 3)]
    return {
      split: 'test',
      experiment: 'E1',
      plate: '1',
      well: 'B02',
      unit: `${i}`,
      cellType: i % 4 === 0 ? 'HUVEC' : 'U2OS',
      label,
      call,
      outcome: label === call ? 'right' : 'wrong',
      probability: 0.5,
    }
  })
  const pairs = confusedPairs(wells)
  expect(pairs.length).toBeGreaterThan(0)
  const expected = askPython(
    `
label, call, cell = (np.array(d[k]) for k in ['label', 'call', 'cell'])
print(json.dumps([[int(((label == a) & (call == b) & (cell == t)).sum()), int(((label == a) & (cell == t)).sum())]
  for a, b in d['pairs'] for t in d['types']]))`,
    {
      label: wells.map((well) => well.label),
      call: wells.map((well) => well.call),
      cell: wells.map((well) => well.cellType),
      pairs: pairs.map((pair) => [pair.label, pair.call]),
      types: ['HUVEC', 'U2OS'],
    },
  )
  expect(pairShares(pairs, wells).map(({ units, of }) => [units, of])).toEqual(expected)
})
