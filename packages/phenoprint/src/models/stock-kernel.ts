import { aten, nn, type Tensor, tidy } from '@phenoprint/torch'
import type { Activation, BlockActivationName } from './activation.js'
import type {
  BlockKernel,
  BlockLayers,
  FoldedPart,
  InferenceDType,
  NormedConvolution,
} from './block-kernel.js'
import { dropConnect } from './drop-connect.js'

/** libtorch's own operators: they compute every block everywhere. */
export const stockKernel: BlockKernel = {
  name: 'stock',
  fused: false,
  supports: () => true,
  forward({ block, training, expand, depthwise, excite, project, activation }, x) {
    const wide = expand === null ? x : activation.forward(normed(expand, x))
    const looked = activation.forward(normed(depthwise, wide))
    const branch = normed(project, excite.forward(looked))
    if (!block.residual) return branch
    return (training ? dropConnect(branch, block.dropConnect) : branch).add(x)
  },
  pooled(head, activation, x) {
    const maps = activation.forward(normed(head, x))
    return means(maps)
  },
  fold: (layers, dtype) => new FoldedStockBlock(layers, dtype),
  foldPooled(head, activation, dtype) {
    const folded = fold(head, dtype, activation)
    return {
      forward: (x) => tidy(() => means(folded.forward(x))),
      dispose: () => folded.dispose(),
    }
  },
}

/** A block of folded convolutions and libtorch's operators. */
class FoldedStockBlock implements FoldedPart {
  readonly #convolutions
  readonly #excite
  readonly #residual

  constructor(layers: BlockLayers, dtype: InferenceDType) {
    const { block, expand, depthwise, excite, project, activation } = layers
    this.#convolutions = {
      expand: expand === null ? null : fold(expand, dtype, activation),
      depthwise: fold(depthwise, dtype, activation),
      project: fold(project, dtype),
    }
    this.#excite = excite.fold(dtype)
    this.#residual = block.residual
  }

  forward(x: Tensor): Tensor {
    return tidy(() => {
      const { expand, depthwise, project } = this.#convolutions
      const looked = depthwise.forward(expand === null ? x : expand.forward(x))
      const gated = this.#excite.forward(looked)
      return this.#residual ? project.forward(gated, x) : project.forward(gated)
    })
  }

  dispose(): void {
    const { expand, depthwise, project } = this.#convolutions
    for (const part of [expand, depthwise, project, this.#excite]) part?.dispose()
  }
}

function fold(
  { convolution, norm }: NormedConvolution,
  dtype: InferenceDType,
  activation?: Activation<BlockActivationName>,
) {
  return new nn.FoldedConv2d(convolution, norm, {
    activation: activation?.name ?? 'identity',
    dtype,
  })
}

function means(maps: Tensor): Tensor {
  return aten.adaptiveAvgPool2d(maps, [1, 1]).flatten({ startDim: 1 })
}

function normed({ convolution, norm }: NormedConvolution, x: Tensor): Tensor {
  return norm.forward(convolution.forward(x))
}
