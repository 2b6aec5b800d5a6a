import { expect, it } from 'vitest'
import { randomStream } from '../random.js'
import { askNumbers } from '../testing/python.js'
import { matrix } from './matrix.js'
import { fitSoftmaxRegression, linearLogits } from './softmax-regression.js'

/** Three overlapping clouds in four dimensions. */
function clouds(): { features: Float64Array; labels: Int32Array } {
  const draw = randomStream(5, 'clouds')
  const labels = Int32Array.from({ length: 300 }, (_, i) => i % 3)
  const features = new Float64Array(300 * 4)
  labels.forEach((label, i) => {
    for (let f = 0; f < 4; f++) features[i * 4 + f] = draw.normal() + (f === label ? 1 : 0)
  })
  return { features, labels }
}

it('reaches the minimum that scipy finds', () => {
  const { features, labels } = clouds()
  const ours = fitSoftmaxRegression(matrix(features, 300, 4), labels, 3, 1e-2, 2000)
  const script = `
from scipy.optimize import minimize
from scipy.special import logsumexp
x = np.array(d['x']).reshape(300, 4); y = np.array(d['y'])
def f(w):
    W, b = w[:12].reshape(4, 3), w[12:]
    z = x @ W + b; lp = z - logsumexp(z, axis=1, keepdims=True)
    return -lp[np.arange(300), y].mean() + 0.5e-2 * (W ** 2).sum()
r = minimize(f, np.zeros(15), method='BFGS', options={'gtol': 1e-9})
z = x @ r.x[:12].reshape(4, 3) + r.x[12:]
print(json.dumps((z - z.mean(1, keepdims=True)).ravel().tolist()))`
  const expected = askNumbers(script, { x: [...features], y: [...labels] })
  const logits = linearLogits(ours, matrix(features, 300, 4)).data
  for (let i = 0; i < 300; i++) {
    const row = logits.subarray(i * 3, i * 3 + 3)
    const mean = ((row[0] ?? 0) + (row[1] ?? 0) + (row[2] ?? 0)) / 3
    for (let c = 0; c < 3; c++) {
      expect((row[c] ?? 0) - mean).toBeCloseTo(expected[i * 3 + c] ?? Number.NaN, 3)
    }
  }
})
