import { aten, type Tensor } from '@phenoprint/torch'
import type { BlockKernel, NormedConvolution } from './block-kernel.js'
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
    return aten.adaptiveAvgPool2d(maps, [1, 1]).flatten({ startDim: 1 })
  },
}

function normed({ convolution, norm }: NormedConvolution, x: Tensor): Tensor {
  return norm.forward(convolution.forward(x))
}
