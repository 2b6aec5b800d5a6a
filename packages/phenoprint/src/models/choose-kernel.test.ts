import { type Tensor, tidy } from '@phenoprint/torch'
import { describe, expect, it } from 'vitest'
import { MachineError } from '../errors.js'
import type { BlockKernel } from './block-kernel.js'
import { chooseKernel } from './choose-kernel.js'
import { createNetwork } from './create-network.js'
import { decodeArchitecture } from './efficientnet-scaling.js'
import { modelSection } from './reference.test.support.js'
import { stockKernel } from './stock-kernel.js'

const blocks = decodeArchitecture('efficientnet-b0', 0.2).blocks.flat()
const [separable, widening] = blocks
if (separable === undefined || widening === undefined) throw new Error('B0 has 16 blocks')

/** A kernel for blocks that widen alone. */
const fused: BlockKernel = {
  name: 'fused for tests',
  fused: true,
  supports: (block) => block.expands,
  forward: (_layers, x: Tensor) => tidy(() => x.mul(1)),
  pooled: (_head, _activation, x: Tensor) => x.mean({ dim: [2, 3] }),
  fold: (layers, dtype) => stockKernel.fold(layers, dtype),
  foldPooled: (head, activation, dtype) => stockKernel.foldPooled(head, activation, dtype),
}

describe('chooseKernel', () => {
  it('takes a fused kernel where it applies, and else the stock one', () => {
    expect(chooseKernel(widening, 'auto', [fused])).toBe(fused)
    expect(chooseKernel(separable, 'auto', [fused])).toBe(stockKernel)
    expect(chooseKernel(widening, 'auto', [])).toBe(stockKernel)
  })

  it('takes the stock kernel when told to', () => {
    expect(chooseKernel(widening, 'stock', [fused])).toBe(stockKernel)
  })

  it('refuses "fused" where there is none, and says what there is', () => {
    expect(chooseKernel(widening, 'fused', [fused])).toBe(fused)
    const attempt = () => chooseKernel(separable, 'fused', [fused])
    expect(attempt).toThrow(MachineError)
    expect(attempt).toThrow(/block of 32 -> 32 -> 16 channels.*fused for tests.*auto or stock/)
  })
})

it('a network can tell the kernel of each of its blocks', () => {
  using network = createNetwork(modelSection({ kernels: 'stock' }), { channels: 1, classes: 2 })
  expect(network.blockKernels).toEqual(blocks.map(() => stockKernel))
})
