import { MachineError } from '../errors.js'
import type { BlockKernel, Kernels } from './block-kernel.js'
import type { BlockArguments } from './efficientnet-scaling.js'
import { fusedKernel } from './fused-kernel.js'
import { stockKernel } from './stock-kernel.js'

/**
 * The kernel of a block: with `auto` the first fused one that supports it, or else the stock one.
 *
 * @throws {MachineError} with `fused`, when none supports it.
 */
export function chooseKernel(
  block: BlockArguments,
  kernels: Kernels,
  available: readonly BlockKernel[] = [fusedKernel],
): BlockKernel {
  if (kernels === 'stock') return stockKernel
  const fused = available.find((kernel) => kernel.supports(block))
  if (fused !== undefined) return fused
  if (kernels === 'auto') return stockKernel
  const names = available.map((kernel) => kernel.name).join(', ') || 'none'
  throw new MachineError(
    `model: kernels is "fused", and no fused kernel of this build can compute a block of ${block.inChannels} -> ${block.middleChannels} -> ${block.outChannels} channels, kernel ${block.kernelSize}, stride ${block.stride} (fused kernels here: ${names}). Set model.kernels to auto or stock.`,
  )
}
