import { expect, it } from 'vitest'
import { matrix } from '../evaluation/matrix.js'
import { randomStream } from '../random.js'
import { askNumbers } from '../testing/python.js'
import { classDistances } from './class-distances.js'

const features = 5
/** Two cell types of three classes; every fourth well is not to be learned from. */
const wells = Array.from({ length: 80 }, (_, i) => ({
  cellType: i < 40 ? 'HUVEC' : 'U2OS',
  label: i % 4 === 3 ? null : i % 3,
}))
const draw = randomStream(8, 'distances')
const embeddings = matrix(
  Float32Array.from({ length: wells.length * features }, (_, i) => {
    const well = Math.floor(i / features)
    const shift = (well % 3) * (i % 2) + (well < 40 ? 0 : 5)
    return draw.normal() * (1 + (i % features)) + shift
  }),
  wells.length,
  features,
)

it('are Mahalanobis distances from the nearest class, as numpy reckons them', () => {
  const script = `
x = np.array(d['x']).reshape(-1, 5); y = np.array([-1 if v is None else v for v in d['y']]); t = np.array(d['t']); out = np.zeros(len(x))
for name in np.unique(t):
    own = t == name; k = own & (y >= 0)
    c = np.array([x[k & (y == i)].mean(0) for i in range(3)])
    s = np.cov((x[k] - c[y[k]]).T); s += 0.1 * np.trace(s) / 5 * np.eye(5)
    out[own] = -np.min([np.einsum('ij,jk,ik->i', x[own] - m, np.linalg.inv(s), x[own] - m) for m in c], axis=0)
print(json.dumps(out.tolist()))`
  const expected = askNumbers(script, {
    x: [...embeddings.data],
    y: wells.map(({ label }) => label),
    t: wells.map(({ cellType }) => cellType),
  })
  classDistances(embeddings, wells).forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 4)
  })
})

it('tell nothing of a cell type without wells to learn from', () => {
  const few = wells.map((well) => (well.cellType === 'U2OS' ? { ...well, label: null } : well))
  const nearness = classDistances(embeddings, few)
  expect(nearness.slice(40).every((value) => value === Number.POSITIVE_INFINITY)).toBe(true)
  expect(nearness.slice(0, 40).every((value) => Number.isFinite(value) && value <= 0)).toBe(true)
})
