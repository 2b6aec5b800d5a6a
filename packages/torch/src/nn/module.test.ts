import { expect, it } from 'vitest'
import { memory, nn, ones, type Tensor, TorchError, tidy, zeros } from '../index.js'
import { itOnDevices } from '../testing/devices.test.support.js'

class Pair extends nn.Module {
  readonly first = this.register(
    'first',
    new nn.Conv2d({ inChannels: 2, outChannels: 4, kernelSize: 3 }),
  )
  readonly norms = this.register('norms', new nn.ModuleList([new nn.BatchNorm2d({ features: 4 })]))
}

it("names its state as PyTorch does, in PyTorch's order", () => {
  using pair = new Pair()
  expect([...pair.stateDict().keys()]).toEqual([
    'first.weight',
    'first.bias',
    'norms.0.weight',
    'norms.0.bias',
    'norms.0.running_mean',
    'norms.0.running_var',
    'norms.0.num_batches_tracked',
  ])
  expect([...pair.namedParameters().keys()]).toHaveLength(4)
  expect([...pair.namedBuffers('net.').keys()]).toEqual([
    'net.norms.0.running_mean',
    'net.norms.0.running_var',
    'net.norms.0.num_batches_tracked',
  ])
})

it('switches every module below between training and evaluation', () => {
  using pair = new Pair()
  pair.eval()
  expect([...pair.modules()].map((module) => module.training)).toEqual([false, false, false, false])
  pair.train()
  expect([...pair.modules()].every((module) => module.training)).toBe(true)
})

it('says what a state lacks, has too much, or has in another shape, and copies nothing then', () => {
  using pair = new Pair()
  const before = pair.first.bias?.toNumbers()
  const state = pair.stateDict()
  state.delete('norms.0.weight')
  state.set('extra', zeros([1]))
  state.set('first.bias', ones([5]))
  const load = () => pair.loadStateDict(state)
  expect(load).toThrow(TorchError)
  expect(load).toThrow(/1 missing \(norms\.0\.weight\); 1 unexpected \(extra\)/)
  expect(load).toThrow(/first\.bias: got \[5\], expected \[4\]/)
  expect(pair.first.bias?.toNumbers()).toEqual(before)
  expect(pair.loadStateDict(state, { strict: false }).missing).toEqual(['norms.0.weight'])
})

it('keeps the same tensor objects when it goes channels-last, and frees all when disposed', () => {
  const before = memory.live().tensors
  const pair = new Pair()
  const weight = pair.first.weight
  const values = weight.toNumbers()
  pair.to({ memoryFormat: 'channelsLast' })
  expect(weight.strides).toEqual([18, 1, 6, 2])
  expect(weight.toNumbers()).toEqual(values)
  expect(weight.requiresGrad).toBe(true)
  pair.dispose()
  expect(memory.live().tensors).toBe(before)
})

itOnDevices(
  'moves floating-point tensors and gradients to a device and a dtype, counts not to a dtype',
  (device) => {
    using pair = new Pair()
    tidy(() => pair.first.weight.sum().backward())
    pair.to({ device, dtype: 'float64', memoryFormat: 'channelsLast' })
    expect(new Set([...pair.stateDict().values()].map((each) => each.device))).toEqual(
      new Set([device]),
    )
    expect(tidy(() => pair.first.weight.grad?.device)).toBe(device)
    expect(new Set(pair.parameters().map(({ dtype }) => dtype))).toEqual(new Set(['float64']))
    expect(pair.first.weight.grad?.dtype).toBe('float64')
    expect(pair.first.weight.grad?.strides).toEqual([18, 1, 6, 2])
    expect(pair.stateDict().get('norms.0.num_batches_tracked')?.dtype).toBe('int64')
    tidy(() => pair.first.weight.sum().backward())
    expect(new Set(pair.first.weight.grad?.toNumbers())).toEqual(new Set([2]))
  },
)

it('names what is shared once among parameters, and everywhere in the state', () => {
  class Tied extends nn.Module {
    readonly one = this.register('one', new nn.Linear({ inFeatures: 2, outFeatures: 2 }))
    readonly two = this.register('two', this.one)
    readonly again: Tensor = this.parameter('again', this.one.weight)
  }
  using tied = new Tied()
  expect([...tied.namedParameters().keys()]).toEqual(['again', 'one.bias'])
  expect([...tied.modules()]).toHaveLength(2)
  expect([...tied.stateDict().keys()]).toEqual([
    ...['again', 'one.weight', 'one.bias', 'two.weight', 'two.bias'],
  ])
  const before = tied.one.weight.toNumbers()
  tied.to({ dtype: 'float64' })
  expect(tied.one.weight.toNumbers()).toEqual(before)
})

itOnDevices('is made in a tidy() and outlives it, and loads leak nothing', (device) => {
  const before = memory.live().tensors
  const pair = tidy(() => new Pair())
  expect(memory.live().tensors).toBe(before + 7)
  pair.loadStateDict(pair.stateDict())
  pair.to({ device, memoryFormat: 'channelsLast' }).to({ dtype: 'float64' })
  expect(memory.live().tensors).toBe(before + 7)
  pair.dispose()
})
