import { expect, it } from 'vitest'
import { boundOf, passDemands } from './bounds.mjs'

it('asks for the multiplications and additions of EfficientNet-B0', () => {
  const demands = passDemands({ samples: 1, channels: 3, side: 224, valueBytes: 4 })
  const operations = ['expand forward', 'project forward']
    .map((pass) => demands.get(pass)?.products ?? 0)
    .concat(demands.get('depthwise forward')?.taps ?? 0)
    .reduce((sum, one) => sum + one)
  // 0.39 billion with the head's 20 million, the classifier's 1.3 million and the gates (Tan & Le 2019, table 2).
  expect(operations / 2e9).toBeGreaterThan(0.35)
  expect(operations / 2e9).toBeLessThan(0.37)
})

it('takes the longest demand for the bound', () => {
  const machine = { products: 1e9, taps: 1e9, bytes: 1e9 }
  expect(boundOf({ products: 2e6, taps: 5e6, bytes: 3e6 }, machine)).toEqual({
    by: 'taps',
    milliseconds: 5,
  })
})
