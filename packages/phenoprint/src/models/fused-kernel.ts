import { aten, fused, type Tensor } from '@phenoprint/torch'
import type { BlockKernel, BlockLayers, NormedConvolution } from './block-kernel.js'
import type { BlockArguments } from './efficientnet-scaling.js'
import { stockKernel } from './stock-kernel.js'

/**
 * The engine's fused block: one operator, forward and backward, in place of some forty. It computes
 * blocks with float32 weights on the CPU; anything else goes through libtorch's own operators.
 */
export const fusedKernel: BlockKernel = {
  name: 'fused',
  fused: true,
  supports: (block) => fused.usableKernels().length > 0 && hasFittingShape(block),
  forward(layers, x) {
    if (!isComputable(layers, x)) return stockKernel.forward(layers, x)
    const { block, training, expand, depthwise, excite, project, activation } = layers
    const { reduce, expand: widen } = excite
    if (reduce.bias === null || widen.bias === null) return stockKernel.forward(layers, x)
    return fused.mbconv(x, {
      expand: expand === null ? null : withNorm(expand),
      depthwise: withNorm(depthwise),
      gate: {
        reduce: reduce.weight,
        reduceBias: reduce.bias,
        expand: widen.weight,
        expandBias: widen.bias,
      },
      project: withNorm(project),
      stride: block.stride,
      samePadding: depthwise.convolution.padding === 'same',
      activation: activation.name,
      eps: depthwise.norm.eps,
      residual: block.residual,
      training,
      branchScale: branchScale(layers, x),
    })
  },
  pooled(head, activation, x) {
    const { weight } = head.convolution
    const channels = [weight.shape[0] ?? 0, weight.shape[1] ?? 0]
    const fits = channels.every((each) => each % 8 === 0)
    if (!fits || x.device !== 'cpu' || weight.dtype !== 'float32') {
      return stockKernel.pooled(head, activation, x)
    }
    const { eps, training } = head.norm
    return fused.pooledHead(x, { ...withNorm(head), activation: activation.name, eps, training })
  },
}

function hasFittingShape(block: BlockArguments): boolean {
  const { inChannels, middleChannels, outChannels, kernelSize, stride } = block
  return (
    [inChannels, middleChannels, outChannels].every((channels) => channels % 8 === 0) &&
    (kernelSize === 3 || kernelSize === 5) &&
    (stride === 1 || stride === 2)
  )
}

function isComputable({ training, expand, depthwise, project }: BlockLayers, x: Tensor): boolean {
  const parts = expand === null ? [depthwise, project] : [expand, depthwise, project]
  const isStem = expand !== null && expand.convolution.kernelSize[0] > 1
  return (
    x.device === 'cpu' &&
    !(isStem && x.requiresGrad) &&
    parts.every(
      ({ convolution, norm }) =>
        convolution.weight.dtype === 'float32' &&
        norm.training === training &&
        norm.eps === depthwise.norm.eps,
    )
  )
}

function withNorm({ convolution, norm }: NormedConvolution) {
  const { weight, bias, runningMean, runningVar } = norm
  const momentum = norm.training ? norm.countBatch() : 0
  return { weight: convolution.weight, norm: { weight, bias, runningMean, runningVar, momentum } }
}

/** Drop-connect as a factor on the branch: 0, or 1 / (1 - rate). Draws as {@link dropConnect} does. */
function branchScale({ block, training }: BlockLayers, x: Tensor): Tensor | null {
  if (!training || !block.residual || block.dropConnect === 0) return null
  const keep = 1 - block.dropConnect
  return aten
    .empty([x.shape[0] ?? 0])
    .bernoulli_({ p: keep })
    .div_(keep)
}
