import { expect, it } from 'vitest'
import { matrix } from '../evaluation/matrix.js'
import { randomStream } from '../random.js'
import { askNumbers } from '../testing/python.js'
import { centre, cholesky, whiten } from './correct.js'

const features = 6
const places = ['A', 'B'].flatMap((cellType) =>
  [1, 2].flatMap((plate) =>
    Array.from({ length: 14 }, () => ({
      cellType,
      experiment: `${cellType}-01`,
      plate: String(plate),
    })),
  ),
)
const isReference = places.map((_, i) => i % 14 < 9)
const draw = randomStream(4, 'embeddings')
const embeddings = matrix(
  Float32Array.from(
    { length: places.length * features },
    (_, i) => draw.normal() * (1 + (i % features)) + Math.floor(i / (14 * features)),
  ),
  places.length,
  features,
)
const input = {
  x: [...embeddings.data],
  plate: places.map(({ cellType, plate }) => cellType + plate),
  cell: places.map(({ cellType }) => cellType),
  reference: isReference,
}
const script = `
x = np.array(d['x']).reshape(-1, 6); plate, cell = np.array(d['plate']), np.array(d['cell']); r = np.array(d['reference'])
for p in np.unique(plate): x[plate == p] -= x[(plate == p) & r].mean(0)
`

it('centres each plate on its reference wells, as numpy does', () => {
  const expected = askNumbers(`${script}\nprint(json.dumps(x.ravel().tolist()))`, input)
  centre(embeddings, places, isReference).data.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 4)
  })
})

it('whitens as principal components do, but for a rotation', () => {
  const inner = `${script}
for c in np.unique(cell):
    k = cell == c; s = np.cov(x[k & r].T); s += 0.01 * np.trace(s) / 6 * np.eye(6)
    w, v = np.linalg.eigh(s); x[k] = x[k] @ v / np.sqrt(w)
k = cell == 'A'
print(json.dumps((x[k] @ x[k].T).ravel().tolist()))`
  const expected = askNumbers(inner, input)
  const { data } = whiten(centre(embeddings, places, isReference), places, isReference, 0.01)
  for (let a = 0; a < 28; a++) {
    for (let b = 0; b < 28; b++) {
      let sum = 0
      for (let c = 0; c < features; c++)
        sum += (data[a * features + c] ?? 0) * (data[b * features + c] ?? 0)
      expect(sum).toBeCloseTo(expected[28 * a + b] ?? Number.NaN, 3)
    }
  }
})

it('refuses plates without reference wells, references that do not vary, and what has no inverse', () => {
  const none = isReference.map((own, i) => own && i >= 14)
  expect(() => centre(embeddings, places, none)).toThrow('plate 1 of A-01 has none of the wells')
  const flat = matrix(new Float32Array(embeddings.data.length), places.length, features)
  expect(() => whiten(flat, places, isReference, 0.01)).toThrow('cell type A do not vary')
  const few = places.map((_, i) => i % 28 < 3)
  const centred = centre(
    embeddings,
    places,
    places.map(() => true),
  )
  expect(() => whiten(centred, places, few, 0)).toThrow('embed.ridge')
  expect(() => cholesky(Float64Array.of(1, 2, 2, 1), 2)).toThrow('no inverse')
})
