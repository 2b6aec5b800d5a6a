import { describe, expect, it } from 'vitest'
import {
  aten,
  autocast,
  type Device,
  enableGrad,
  gradients,
  inferenceMode,
  isGradEnabled,
  noGrad,
  ones,
  rand,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from './index.js'
import { itOnDevices, kindOf } from './testing/devices.test.support.js'

function leaf(device: Device, ...values: number[]): Tensor {
  return tensor(values, { device, requiresGrad: true })
}

describe('backward', () => {
  itOnDevices('sums into the gradients of leaves', (device) => {
    const x = leaf(device, 1, 2, 3)
    x.square().sum().backward()
    expect(x.grad?.toNumbers()).toEqual([2, 4, 6])
    x.square().sum().backward()
    expect(x.grad?.toNumbers()).toEqual([4, 8, 12])
    x.grad = null
    expect(x.grad).toBeNull()
  })

  itOnDevices('takes the gradient of a result that is no single number', (device) => {
    const x = leaf(device, 1, 2)
    x.mul(3).backward(tensor([1, 10], { device }))
    expect(x.grad?.toNumbers()).toEqual([3, 30])
    expect(() => x.mul(3).backward()).toThrow(/scalar/)
  })

  itOnDevices('a second time needs retainGraph', (device) => {
    const x = leaf(device, 2)
    const y = x.square()
    y.backward(null, { retainGraph: true })
    y.backward()
    expect(x.grad?.toNumbers()).toEqual([8])
    expect(() => y.backward()).toThrow(/second time/)
  })

  it('of what requires no gradient is refused', () => {
    expect(() => ones([1]).backward()).toThrow(/does not require grad/)
  })
})

it('a graph of a hundred thousand steps is gone back through, and freed, without recursion', () => {
  tidy(() => {
    const x = leaf('cpu', 1)
    let y = x
    for (let step = 0; step < 100_000; step++) y = y.mul(1)
    y.backward()
    expect(x.grad?.item()).toBe(1)
    let never = x
    for (let step = 0; step < 100_000; step++) never = never.mul(1)
  })
})

describe('gradients', () => {
  itOnDevices('are given without touching grad, and can be differentiated again', (device) => {
    const x = leaf(device, 3)
    const [first] = gradients([x.pow(3)], [x], { createGraph: true })
    expect(first?.toNumbers()).toEqual([27])
    const [second] = first ? gradients([first], [x]) : []
    expect(second?.toNumbers()).toEqual([18])
    expect(x.grad).toBeNull()
  })

  itOnDevices('of an unused input are refused, or null', (device) => {
    const [x, unused] = [leaf(device, 1), leaf(device, 1)]
    expect(() => gradients([x.mul(2)], [unused])).toThrow(/not have been used/)
    expect(gradients([x.mul(2)], [x, unused], { allowUnused: true })[1]).toBeNull()
  })
})

itOnDevices('requiresGrad is a leaf’s own; grad must fit its tensor', (device) => {
  const x = leaf(device, 1, 2)
  const y = x.mul(2)
  expect([x.requiresGrad, y.requiresGrad, x.isLeaf, y.isLeaf]).toEqual([true, true, true, false])
  expect(() => {
    y.requiresGrad = false
  }).toThrow(/detach/)
  expect(y.detach().requiresGrad).toBe(false)
  expect(() => {
    zeros([2], { dtype: 'int64' }).requiresGrad = true
  }).toThrow(/floating/)
  expect(() => {
    x.grad = ones([3], { device })
  }).toThrow(/\[2\].*\[3\]/)
  x.grad = tensor([5, 6], { device })
  expect(x.grad?.toNumbers()).toEqual([5, 6])
})

itOnDevices(
  'noGrad() does not record, enableGrad() in it does, and both end with their work',
  (device) => {
    const x = leaf(device, 1)
    noGrad(() => {
      expect(x.mul(2).requiresGrad).toBe(false)
      expect(enableGrad(() => x.mul(2).requiresGrad)).toBe(true)
      expect(isGradEnabled()).toBe(false)
    })
    expect(() =>
      noGrad(() => {
        throw new RangeError('mine')
      }),
    ).toThrow(RangeError)
    expect(isGradEnabled()).toBe(true)
    expect(x.mul(2).requiresGrad).toBe(true)
  },
)

itOnDevices('inferenceMode() makes tensors that autograd never takes', (device) => {
  const x = leaf(device, 1)
  const y = inferenceMode(() => x.mul(2))
  expect(y.requiresGrad).toBe(false)
  expect(() => x.mul(y)).toThrow(/[Ii]nference tensors cannot be saved/)
  expect(isGradEnabled()).toBe(true)
})

itOnDevices(
  'autocast() runs matrix products in 16 bits and losses in 32, and ends with its work',
  (device) => {
    const [x, w] = [rand([4, 8], { device }), rand([3, 8], { device })]
    const dtypes = autocast({ device: kindOf(device), dtype: 'bfloat16' }, () => {
      const y = aten.linear(x, w)
      const off = autocast(
        { device: kindOf(device), dtype: 'bfloat16', enabled: false },
        () => aten.linear(x, w).dtype,
      )
      return [y.dtype, off, aten.linear(x, w).dtype, aten.mseLoss(y, aten.zerosLike(y)).dtype]
    })
    expect(dtypes).toEqual(['bfloat16', 'float32', 'bfloat16', 'float32'])
    expect(aten.linear(x, w).dtype).toBe('float32')
  },
)

it('asynchronous work is refused by every mode, which ends', () => {
  for (const mode of [
    noGrad,
    inferenceMode,
    <T>(work: () => T) => autocast({ dtype: 'bfloat16' }, work),
  ]) {
    expect(() => mode(async () => 1)).toThrow(/asynchronous/)
  }
  expect(isGradEnabled()).toBe(true)
})
