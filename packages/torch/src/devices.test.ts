import { beforeAll, describe, expect, it } from 'vitest'
import {
  aten,
  autocast,
  Generator,
  generatorState,
  manualSeed,
  memory,
  nn,
  optim,
  rand,
  setGeneratorState,
  setThreads,
  type Tensor,
  TorchError,
  tensor,
  tidy,
  zeros,
} from './index.js'
import { itOnDevices } from './testing/devices.test.support.js'

beforeAll(() => setThreads(1))

class Net extends nn.Module {
  readonly conv = this.register(
    'conv',
    new nn.Conv2d({ inChannels: 3, outChannels: 8, kernelSize: 3, bias: false }),
  )
  readonly norm = this.register('norm', new nn.BatchNorm2d({ features: 8 }))
  readonly linear = this.register('linear', new nn.Linear({ inFeatures: 8, outFeatures: 4 }))

  forward(images: Tensor): Tensor {
    const maps = aten.silu(this.norm.forward(this.conv.forward(images)))
    return this.linear.forward(maps.mean({ dim: [2, 3] }))
  }
}

const kindOf = (device: string) => (device === 'cpu' ? 'cpu' : 'cuda')

interface How {
  readonly device: string
  readonly precision?: 'float32' | 'bfloat16' | 'float16'
  readonly make?: (parameters: readonly Tensor[]) => optim.Optimiser
}

const adam = (parameters: readonly Tensor[]) => new optim.Adam(parameters, { learningRate: 1e-2 })

/** Ten steps on the same eight images: the losses, and the weights in the end. */
function train({ device, precision = 'float32', make = adam }: How) {
  manualSeed(1)
  using net = new Net()
  const pixels = Float32Array.from({ length: 8 * 3 * 81 }, (_, i) => Math.sin(i * i))
  net.to({ device, memoryFormat: 'channelsLast' })
  using optimiser = make(net.parameters())
  const scaler = new optim.GradScaler()
  const losses = Array.from({ length: 10 }, () =>
    tidy(() => {
      const images = tensor(pixels, { shape: [8, 3, 9, 9], device })
      const labels = tensor([0n, 1n, 2n, 3n, 0n, 1n, 2n, 3n], { device })
      const enabled = precision !== 'float32'
      const dtype = precision === 'float16' ? 'float16' : 'bfloat16'
      const logits = autocast({ device: kindOf(device), dtype, enabled }, () => net.forward(images))
      const loss = nn.crossEntropy(logits.to({ dtype: 'float32' }), labels)
      optimiser.zeroGrad()
      scaler.scale(loss).backward()
      scaler.step(optimiser)
      return loss.item()
    }),
  )
  optimiser.zeroGrad()
  const weights = [...net.stateDict().values()].flatMap((value) => value.toNumbers())
  return { losses, weights }
}

const furthest = (one: readonly number[], other: readonly number[]) =>
  one.reduce((most, value, i) => Math.max(most, Math.abs(value - (other[i] ?? Number.NaN))), 0)

describe('training', () => {
  const rules: readonly [string, How['make']][] = [
    ['Adam', adam],
    ['AdamW by lists', (p) => new optim.AdamW(p, { learningRate: 1e-2, fused: false })],
    ['SGD', (p) => new optim.SGD(p, { learningRate: 0.1, momentum: 0.9 })],
    ['RAdam', (p) => new optim.RAdam(p, { learningRate: 1e-2 })],
    ['Lookahead', (p) => new optim.Lookahead(adam(p), {})],
  ]
  for (const [name, make = adam] of rules) {
    itOnDevices(`with ${name} gives what it gives on the processor`, (device) => {
      const [here, expected] = [train({ device, make }), train({ device: 'cpu', make })]
      expect(here.losses.at(-1)).toBeLessThan(here.losses[0] ?? 0)
      expect(furthest(here.losses, expected.losses)).toBeLessThan(1e-3)
      // Adam divides by gradients that are nearly nothing: some weights go apart by a step.
      expect(furthest(here.weights, expected.weights)).toBeLessThan(0.05)
    })
  }

  for (const precision of ['bfloat16', 'float16'] as const) {
    itOnDevices(`in ${precision} comes near to that in float32`, (device) => {
      const { losses } = train({ device, precision })
      expect(furthest(losses, train({ device }).losses)).toBeLessThan(0.05)
    })
  }

  itOnDevices('leaves no tensor behind', (device) => {
    train({ device })
    const live = memory.live()
    train({ device })
    expect(memory.live()).toEqual(live)
  })

  itOnDevices('goes on from a state that was read onto the processor', (device) => {
    tidy(() => {
      const weight = tensor([1, -2, 3], { device })
      weight.requiresGrad = true
      using one = adam([weight])
      weight.grad = weight.detach().mul(2)
      one.step()
      const { tensors, scalars } = one.stateDict()
      const read = [...tensors].map(([name, value]) => [name, value.to({ device: 'cpu' })] as const)
      const copy = weight.detach().clone()
      copy.requiresGrad = true
      using other = adam([copy])
      other.loadStateDict({ tensors: new Map(read), scalars })
      copy.grad = copy.detach().mul(2)
      weight.grad = weight.detach().mul(2)
      one.step()
      other.step()
      expect(copy.toNumbers()).toEqual(weight.toNumbers())
    })
  })
})

describe('values', () => {
  for (const dtype of ['float32', 'float64', 'float16', 'bfloat16', 'int64', 'uint8'] as const) {
    itOnDevices(`of ${dtype} go there and back`, (device) => {
      const there = tensor([0, 1, 2, 100], { dtype, device })
      expect([there.device, there.dtype, there.toNumbers()]).toEqual([
        device,
        dtype,
        [0, 1, 2, 100],
      ])
      expect(there.add(1).to({ device: 'cpu' }).toNumbers()).toEqual([1, 2, 3, 101])
      there.copyFrom(new Uint8Array([4, 3, 2, 1]))
      expect(there.toNumbers()).toEqual([4, 3, 2, 1])
    })
  }

  itOnDevices('of a typed array are read before it changes', (device) => {
    const large = new Float32Array(1 << 20).fill(1)
    const there = tensor(large, { device })
    large.fill(2)
    expect(there.sum().item()).toBe(1 << 20)
  })

  itOnDevices('are drawn again from a saved state', (device) => {
    manualSeed(5)
    const state = generatorState(device)
    const first = rand([64], { device }).toNumbers()
    expect(rand([64], { device }).toNumbers()).not.toEqual(first)
    setGeneratorState(state, device)
    expect(rand([64], { device }).toNumbers()).toEqual(first)
    const own = () => {
      const generator = new Generator({ device, seed: 9 })
      return zeros([8], { device }).uniform_({ generator }).toNumbers()
    }
    expect(own()).toEqual(own())
  })
})

it('a device that is not there is a fault that names it', () => {
  for (const make of [
    () => zeros([1], { device: 'cuda:99' }),
    () => tensor([1], { device: 'cuda:99' }),
    () => zeros([1]).to({ device: 'cuda:99' }),
    () => zeros([1], { device: 'abacus' }),
  ]) {
    expect(make).toThrow(TorchError)
    expect(make).toThrow(/cuda|nvidia|abacus/i)
  }
})
