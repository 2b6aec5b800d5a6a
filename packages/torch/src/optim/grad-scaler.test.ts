import { beforeAll, beforeEach, expect } from 'vitest'
import {
  aten,
  type Device,
  memory,
  optim,
  setThreads,
  type Tensor,
  TorchError,
  tensor,
  tidy,
} from '../index.js'
import { itOnDevices, unlike } from '../testing/devices.test.support.js'
import { askPyTorch, oracleThreads } from '../testing/pytorch.test.support.js'

beforeAll(() => setThreads(oracleThreads))

let live = 0
beforeEach(() => {
  live = memory.live().tensors
})

/** What each of twelve steps multiplies the loss by; some make the scaled gradients overflow. */
const factors = [1, 1, 1, 1, 1e38, 1, Number.POSITIVE_INFINITY, 1, 1, 1, 1, 1]

const options = { initialScale: 1000, growthFactor: 3, backoffFactor: 0.4, growthInterval: 3 }

const python = `
w = torch.linspace(-1, 1, 12).reshape(4, 3).requires_grad_()
x = torch.linspace(-2, 3, 20).reshape(5, 4)
opt = torch.optim.Adam([w], 0.1, fused=True)
s = torch.amp.GradScaler('cpu', init_scale=1000, growth_factor=3, backoff_factor=0.4, growth_interval=3)
scales = []
for f in [1, 1, 1, 1, 1e38, 1, float('inf'), 1, 1, 1, 1, 1]:
    opt.zero_grad()
    s.scale((x @ w).square().mean() * f).backward()
    s.unscale_(opt)
    torch.nn.utils.clip_grad_norm_([w], 0.7)
    s.step(opt); s.update()
    scales.append(s.get_scale())
out = {'w': w, 'scales': torch.tensor(scales)}`

/** Twelve steps; the scale after each, and which were taken. */
function train(weight: Tensor, scaler: optim.GradScaler): { scales: number[]; taken: boolean[] } {
  using optimiser = new optim.Adam([weight], { learningRate: 0.1 })
  const [scales, taken]: [number[], boolean[]] = [[], []]
  for (const factor of factors) {
    tidy(() => {
      const x = aten.linspace(-2, 3, 20).reshape([5, 4]).to({ device: weight.device })
      optimiser.zeroGrad()
      scaler.scale(x.mm(weight).square().mean().mul(factor)).backward()
    })
    scaler.unscale(optimiser)
    optim.clipGradientNorm([weight], 0.7)
    taken.push(scaler.step(optimiser))
    scales.push(scaler.state.scale)
  }
  optimiser.zeroGrad()
  return { scales, taken }
}

function weightOf(device: Device): Tensor {
  const weight = aten.linspace(-1, 1, 12).reshape([4, 3]).to({ device }).keep()
  weight.requiresGrad = true
  return weight
}

itOnDevices(
  'scales, leaves out and moves as torch.amp.GradScaler, and leaves no tensor',
  (device) => {
    const weight = tidy(() => weightOf(device))
    const { scales, taken } = train(weight, new optim.GradScaler(options))
    const [theirs = new Map<string, Tensor>()] = askPyTorch([python])
    expect(taken).toEqual(factors.map((factor) => factor === 1))
    expect(scales).toEqual(theirs.get('scales')?.toNumbers())
    theirs.get('scales')?.dispose()
    theirs.delete('scales')
    expect(unlike(new Map([['w', weight]]), theirs, device)).toEqual([])
    for (const tensor of theirs.values()) tensor.dispose()
    weight.dispose()
    expect(memory.live().tensors).toBe(live)
  },
)

itOnDevices('a step that is left out moves neither weights nor what is remembered', (device) => {
  const weight = tidy(() => weightOf(device))
  using optimiser = new optim.SGD([weight], { learningRate: 1, momentum: 0.9 })
  const scaler = new optim.GradScaler({ initialScale: 8 })
  weight.grad = weight.detach().mul(Number.NaN)
  const before = weight.toNumbers()
  expect(scaler.step(optimiser)).toBe(false)
  expect(weight.toNumbers()).toEqual(before)
  expect(optimiser.stateDict().tensors.size).toBe(0)
  expect(scaler.state).toEqual({ scale: 4, streak: 0 })
})

itOnDevices('goes on from its state', (device) => {
  const scaler = new optim.GradScaler({ growthInterval: 5 })
  scaler.state = { scale: 32, streak: 4 }
  const weight = tidy(() => weightOf(device))
  weight.grad = weight.detach().mul(32)
  using optimiser = new optim.SGD([weight], { learningRate: 1 })
  expect(scaler.step(optimiser)).toBe(true)
  expect(Math.max(...weight.toNumbers().map(Math.abs))).toBe(0)
  expect(scaler.state).toEqual({ scale: 64, streak: 0 })
})

itOnDevices('does not grow beyond what a float32 holds', (device) => {
  const scaler = new optim.GradScaler({ initialScale: 2 ** 127, growthInterval: 1 })
  const weight = tidy(() => weightOf(device))
  weight.grad = weight.detach().mul(0)
  using optimiser = new optim.SGD([weight])
  scaler.step(optimiser)
  expect(scaler.state.scale).toBe(2 ** 127)
})

itOnDevices('refuses to divide twice, half gradients, and factors that make no sense', (device) => {
  const weight = tidy(() => weightOf(device))
  using optimiser = new optim.SGD([weight])
  const scaler = new optim.GradScaler()
  scaler.unscale(optimiser)
  expect(() => scaler.unscale(optimiser)).toThrow(/called already/)

  const half = tensor([1], { dtype: 'float16', device })
  half.requiresGrad = true
  half.grad = tensor([1], { dtype: 'float16', device })
  using halves = new optim.SGD([half])
  expect(() => new optim.GradScaler().step(halves)).toThrow(/a gradient is float16/)

  expect(() => new optim.GradScaler({ backoffFactor: 1 })).toThrow(TorchError)
  expect(() => new optim.GradScaler({ growthFactor: 0.5 })).toThrow(/growthFactor/)
  expect(() => new optim.GradScaler({ initialScale: 0 })).toThrow(/initialScale/)
})
