import { describe, expect, it } from 'vitest'
import { nn, ones, randn, TorchError, zeros } from '../index.js'

const conv = (options: Partial<nn.ConvolutionOptions>) => () =>
  new nn.Conv2d({ inChannels: 4, outChannels: 6, kernelSize: 3, ...options })

describe('a layer refuses', () => {
  it.each<[string, () => unknown, RegExp]>([
    [
      'groups that do not divide the channels',
      conv({ groups: 4 }),
      /4 groups of 4 channels in and 6/,
    ],
    ['no groups', conv({ groups: 0 }), /0 groups/],
    ['half a channel', conv({ inChannels: 1.5 }), /1 groups of 1\.5 channels/],
    [
      'a kernel of no size',
      conv({ kernelSize: 0 }),
      /kernelSize is \[0, 0\]; expected whole numbers from 1/,
    ],
    ['half a stride', conv({ stride: [1, 0.5] }), /stride is \[1, 0\.5\]/],
    [
      'a negative padding',
      conv({ padding: [0, -1] }),
      /padding is \[0, -1\]; expected whole numbers from 0/,
    ],
    ['a dropout rate above 1', () => new nn.Dropout(1.1), /the rate is 1\.1; expected 0 to 1/],
    ['a dropout rate that is no number', () => new nn.Dropout(Number.NaN), /the rate is NaN/],
    ['a pool of nothing', () => new nn.AdaptiveAvgPool2d(0), /outputSize is \[0, 0\]/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(TorchError)
    expect(make).toThrow(message)
  })

  it('an input of another shape', () => {
    using norm = new nn.BatchNorm2d({ features: 3 })
    const forward = (shape: number[]) => () => norm.forward(zeros(shape))
    expect(forward([2, 4, 5, 5])).toThrow(
      'torch: BatchNorm2d: got [2, 4, 5, 5]; expected [batch, channel, y, x] with 3 channels',
    )
    expect(forward([2, 3])).toThrow(/BatchNorm2d: got \[2, 3\]/)
    expect(norm.batchesTracked.item()).toBe(0)
    using flat = new nn.BatchNorm1d({ features: 3 })
    expect(() => flat.forward(zeros([2, 3, 4, 4]))).toThrow(/expected \[batch, channel\] or/)
    expect(flat.forward(zeros([2, 3, 4])).shape).toEqual([2, 3, 4])
  })

  it('to normalise by the variance of one value, in training', () => {
    using norm = new nn.BatchNorm1d({ features: 3 })
    expect(() => norm.forward(ones([1, 3]))).toThrow(/1 value a channel; .* take a larger batch/)
    norm.eval()
    expect(norm.forward(ones([1, 3])).shape).toEqual([1, 3])
  })
})

describe('a module refuses', () => {
  class Named extends nn.Module {
    constructor(name: string) {
      super()
      this.parameter('weight', zeros([1]))
      this.register(name, new nn.Identity())
    }
  }

  it.each([
    ['a name twice', 'weight', /"weight": it has one of that name/],
    ['a name with a dot', 'a.b', /expected a name without a dot/],
    ['no name', '', /expected a name/],
  ])('%s', (_, name, message) => {
    expect(() => new Named(name)).toThrow(message)
  })
})

it('pads two axes differently, as "same" and as a pair', () => {
  using layer = new nn.Conv2d({
    ...{ inChannels: 1, outChannels: 1, kernelSize: [3, 5] as const },
    ...{ stride: [2, 1] as const, padding: 'same' as const, dilation: [1, 2] as const },
  })
  expect(layer.forward(randn([1, 1, 9, 7])).shape).toEqual([1, 1, 5, 7])
  using pair = new nn.Conv2d({
    ...{ inChannels: 1, outChannels: 1, kernelSize: [3, 5] as const },
    ...{ padding: [1, 2] as const },
  })
  expect(pair.forward(randn([1, 1, 9, 7])).shape).toEqual([1, 1, 9, 7])
})
