import { nn, type Tensor } from '@phenoprint/torch'
import { type Activation, type BlockActivationName, createActivation } from './activation.js'
import type {
  BlockKernel,
  BlockLayers,
  FoldedPart,
  InferenceDType,
  Kernels,
  NormedConvolution,
} from './block-kernel.js'
import { chooseKernel } from './choose-kernel.js'
import type { BlockArguments } from './efficientnet-scaling.js'
import type { Flavour } from './flavour.js'
import type { NormSettings } from './norm-settings.js'
import { SqueezeExcite } from './squeeze-excite.js'

/** What all blocks of a network share. */
export interface BlockSettings {
  readonly activation: BlockActivationName
  readonly flavour: Flavour
  readonly norm: NormSettings
  readonly kernels: Kernels
}

/**
 * A mobile inverted bottleneck with squeeze-and-excitation (MBConv): a pointwise convolution widens,
 * a depthwise one looks around, a gate weighs the channels, a pointwise one narrows; the input is
 * added where the shapes agree. Blocks that do not widen are the depthwise separable ones of the
 * first stage. The block holds the layers, under timm's names; its kernel computes them.
 *
 * @see Sandler et al. 2018 (arXiv:1801.04381); Tan & Le 2019 (arXiv:1905.11946).
 */
export class Block extends nn.Module implements BlockLayers {
  readonly block: BlockArguments
  readonly expand: NormedConvolution | null
  readonly depthwise: NormedConvolution
  readonly excite: SqueezeExcite
  readonly project: NormedConvolution
  readonly activation: Activation<BlockActivationName>
  readonly kernel: BlockKernel

  /** @throws {MachineError} when fused kernels are asked for and none can compute this block. */
  constructor(
    block: BlockArguments,
    { activation, flavour, norm: settings, kernels }: BlockSettings,
  ) {
    super()
    this.block = block
    this.activation = createActivation(activation)
    this.kernel = chooseKernel(block, kernels)
    const { inChannels, middleChannels, outChannels, kernelSize, stride } = block
    const pointwise = { kernelSize: 1, bias: false }
    const normed = (name: string, norm: string, layer: nn.Conv2d, features: number) => ({
      convolution: this.register(name, layer),
      norm: this.register(norm, new nn.BatchNorm2d({ features, ...settings })),
    })
    this.expand = block.expands
      ? normed(
          'conv_pw',
          'bn1',
          new nn.Conv2d({ inChannels, outChannels: middleChannels, ...pointwise }),
          middleChannels,
        )
      : null
    this.depthwise = normed(
      'conv_dw',
      block.expands ? 'bn2' : 'bn1',
      new nn.Conv2d({
        inChannels: middleChannels,
        outChannels: middleChannels,
        groups: middleChannels,
        kernelSize,
        stride,
        padding: flavour.padding(kernelSize),
        bias: false,
      }),
      middleChannels,
    )
    this.excite = this.register(
      'se',
      new SqueezeExcite(middleChannels, block.squeezedChannels, activation),
    )
    this.project = normed(
      block.expands ? 'conv_pwl' : 'conv_pw',
      block.expands ? 'bn3' : 'bn2',
      new nn.Conv2d({ inChannels: middleChannels, outChannels, ...pointwise }),
      outChannels,
    )
  }

  /** @param x `[batch, channel, y, x]`, channels-last for speed. */
  forward(x: Tensor): Tensor {
    return this.kernel.forward(this, x)
  }

  /**
   * The network's stem and this block in one: to a block that does not widen its input, the stem is
   * what widens.
   *
   * @param images `[batch, channel, y, x]`.
   */
  forwardWithStem(stem: NormedConvolution, images: Tensor): Tensor {
    return this.kernel.forward(this.#widenedBy(stem), images)
  }

  /** This block, or the network's stem and this block in one, for inference alone. */
  fold(dtype: InferenceDType, stem?: NormedConvolution): FoldedPart {
    return this.kernel.fold(stem === undefined ? this : this.#widenedBy(stem), dtype)
  }

  #widenedBy(stem: NormedConvolution): BlockLayers {
    const { block, training, depthwise, excite, project, activation } = this
    return { block, training, expand: stem, depthwise, excite, project, activation }
  }
}
