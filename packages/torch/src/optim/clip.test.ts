import { beforeAll, expect, it } from 'vitest'
import { type Device, optim, type Tensor, TorchError, tensor, tidy } from '../index.js'
import { eachOnDevices, itOnDevices, unlike } from '../testing/devices.test.support.js'
import { askPyTorch } from '../testing/pytorch.test.support.js'

const cases = [
  { name: 'above the limit', limit: 1.5, order: 2, python: '1.5' },
  { name: 'below the limit', limit: 1e3, order: 2, python: '1e3' },
  { name: '1-norm', limit: 2, order: 1, python: '2, norm_type=1' },
  {
    name: 'greatest magnitude',
    limit: 0.5,
    order: Number.POSITIVE_INFINITY,
    python: "0.5, norm_type='inf'",
  },
  { name: 'a fraction of an order', limit: 0.5, order: 2.5, python: '0.5, norm_type=2.5' },
]

const dtypes = ['float32', 'float32', 'float64', 'bfloat16'] as const
const values = [[3, -4, 0.1], [-0.25], [1.5, 2.5], [0.5, -7]]

/** Parameters with those gradients, and one without. */
function parameters(device: Device): Tensor[] {
  const made = values.map((gradient, i) => {
    const options = { dtype: dtypes[i], device }
    const parameter = tensor(
      gradient.map(() => 0),
      options,
    )
    parameter.requiresGrad = true
    parameter.grad = tensor(gradient, options)
    return parameter
  })
  const without = tensor([1], { device })
  without.requiresGrad = true
  return [...made, without]
}

let answers: Map<string, Tensor>[] = []
beforeAll(() => {
  answers = askPyTorch(
    cases.map(
      ({ python }) => `
ps = []
for values, dtype in zip(${JSON.stringify(values)}, ${JSON.stringify(dtypes)}):
    p = torch.zeros(len(values), dtype=getattr(torch, dtype)).requires_grad_()
    p.grad = torch.tensor(values, dtype=p.dtype)
    ps.append(p)
ps.append(torch.ones(1).requires_grad_())
norm = nn.utils.clip_grad_norm_(ps, ${python})
out = {'norm': norm.double(), **{str(i): p.grad for i, p in enumerate(ps[:-1])}}`,
    ),
  )
})

eachOnDevices(
  cases.map((one, index) => ({ ...one, index })),
  'clips as torch.nn.utils.clip_grad_norm_: $name',
  ({ limit, order, index }, device) => {
    tidy(() => {
      const own = parameters(device)
      const norm = optim.clipGradientNorm(own, limit, { order })
      const ours = new Map<string, Tensor>([['norm', tensor(norm, { dtype: 'float64', device })]])
      own.forEach(({ grad }, i) => {
        if (grad !== null) ours.set(String(i), grad)
      })
      expect(ours.size).toBe(5)
      expect(unlike(ours, answers[index] ?? new Map([['answer', tensor(0)]]), device)).toEqual([])
    })
  },
)

itOnDevices('says when the norm is not finite, if asked', (device) => {
  tidy(() => {
    const [first] = parameters(device)
    if (first === undefined) throw new Error('parameters were made')
    first.grad = tensor([1, Number.NaN, 2], { device })
    const clip = () => optim.clipGradientNorm([first], 1, { errorIfNonFinite: true })
    expect(clip).toThrow(TorchError)
    expect(clip).toThrow(/the norm of the gradients is NaN/)
    expect(first.grad?.toNumbers()).toEqual([1, Number.NaN, 2])
    expect(optim.clipGradientNorm([first], 1)).toBeNaN()
  })
})

it('gives 0 for no gradients', () => {
  expect(optim.clipGradientNorm([], 1)).toBe(0)
})
