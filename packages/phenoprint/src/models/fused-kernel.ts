import { aten, fused, nn, type Tensor, tidy } from '@phenoprint/torch'
import type { BlockKernel, BlockLayers, NormedConvolution } from './block-kernel.js'
import type { BlockArguments } from './efficientnet-scaling.js'
import type { SqueezeExcite } from './squeeze-excite.js'
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
    const gate = gateTensors(excite)
    if (gate === null) return stockKernel.forward(layers, x)
    return fused.mbconv(x, {
      expand: expand === null ? null : withNorm(expand),
      depthwise: withNorm(depthwise),
      gate,
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
    if (!isHead(head) || x.device !== 'cpu') return stockKernel.pooled(head, activation, x)
    const { eps, training } = head.norm
    return fused.pooledHead(x, { ...withNorm(head), activation: activation.name, eps, training })
  },
  fold(layers, dtype) {
    const { block, expand, depthwise, excite, project, activation } = layers
    const gate = gateTensors(excite)
    if (dtype === 'float16' || !areFloatsOnCpu(layers) || gate === null)
      return stockKernel.fold(layers, dtype)
    return tidy(
      () =>
        new fused.FoldedMBConv(
          {
            expand: expand === null ? null : nn.foldBatchNorm(expand.convolution, expand.norm),
            depthwise: nn.foldBatchNorm(depthwise.convolution, depthwise.norm),
            gate,
            project: nn.foldBatchNorm(project.convolution, project.norm),
            stride: block.stride,
            samePadding: depthwise.convolution.padding === 'same',
            activation: activation.name,
            residual: block.residual,
          },
          dtype,
        ),
    )
  },
  foldPooled(head, activation, dtype) {
    if (dtype === 'float16' || !isHead(head)) return stockKernel.foldPooled(head, activation, dtype)
    return tidy(() => {
      const folded = nn.foldBatchNorm(head.convolution, head.norm)
      return new fused.FoldedHead(folded, activation.name, dtype)
    })
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

function isComputable(layers: BlockLayers, x: Tensor): boolean {
  const { training, expand, depthwise } = layers
  const isStem = expand !== null && expand.convolution.kernelSize[0] > 1
  return (
    x.device === 'cpu' &&
    !(isStem && x.requiresGrad) &&
    areFloatsOnCpu(layers) &&
    parts(layers).every(({ norm }) => norm.training === training && norm.eps === depthwise.norm.eps)
  )
}

function parts({ expand, depthwise, project }: BlockLayers): NormedConvolution[] {
  return expand === null ? [depthwise, project] : [expand, depthwise, project]
}

function areFloatsOnCpu(layers: BlockLayers): boolean {
  return parts(layers).every(({ convolution: { weight } }) => isFloatOnCpu(weight))
}

function isHead({ convolution: { weight } }: NormedConvolution): boolean {
  const [outChannels = 0, inChannels = 0] = weight.shape
  return isFloatOnCpu(weight) && outChannels % 8 === 0 && inChannels % 8 === 0
}

function isFloatOnCpu({ dtype, device }: Tensor): boolean {
  return dtype === 'float32' && device === 'cpu'
}

function gateTensors({ reduce, expand }: SqueezeExcite): fused.GateTensors | null {
  if (reduce.bias === null || expand.bias === null) return null
  return {
    reduce: reduce.weight,
    reduceBias: reduce.bias,
    expand: expand.weight,
    expandBias: expand.bias,
  }
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
