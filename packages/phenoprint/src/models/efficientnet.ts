import { nn, type Tensor, tidy } from '@phenoprint/torch'
import { createActivation } from './activation.js'
import { blockActivationOf, type ModelOf } from './architecture.js'
import { Block } from './block.js'
import { initialiseEfficientNet } from './efficientnet-init.js'
import { decodeArchitecture, type EfficientNetName } from './efficientnet-scaling.js'
import { flavours } from './flavour.js'
import { FoldedNetwork } from './folded-network.js'
import { createHead } from './head.js'
import { type InferenceNetwork, Network, type NetworkShape } from './network.js'
import { normSettings } from './norm-settings.js'
import { dtypeOf, type Precision } from './precision.js'

/**
 * EfficientNet: a stem, seven stages of blocks, a head, an average over the image, a classifier.
 * Parameters are named as in timm's `efficientnet_b0` family.
 *
 * @see Tan & Le 2019, "EfficientNet: rethinking model scaling for convolutional neural networks"
 *   (arXiv:1905.11946).
 */
export class EfficientNet extends Network {
  readonly stemName = 'conv_stem'
  readonly headName = 'classifier'
  protected readonly dropout
  protected readonly head
  readonly #stem
  readonly #stemNorm
  readonly #first: Block
  readonly #others: readonly Block[]
  readonly #lastConvolution
  readonly #lastNorm
  readonly #activation

  constructor(
    section: ModelOf<EfficientNetName>,
    { channels, classes, cellTypes = [] }: NetworkShape,
  ) {
    super()
    const architecture = decodeArchitecture(section.architecture, section.dropConnect ?? 0.2)
    const flavour = flavours[section.flavour]
    const norm = normSettings(section)
    const activation = blockActivationOf(section)
    const { stemChannels, headChannels } = architecture
    this.#activation = createActivation(activation)
    this.#stem = this.register(
      'conv_stem',
      new nn.Conv2d({
        inChannels: channels,
        outChannels: stemChannels,
        kernelSize: 3,
        stride: 2,
        padding: flavour.padding(3),
        bias: false,
      }),
    )
    this.#stemNorm = this.register('bn1', new nn.BatchNorm2d({ features: stemChannels, ...norm }))
    const stages = architecture.blocks.map((blocks) =>
      blocks.map(
        (block) => new Block(block, { activation, flavour, norm, kernels: section.kernels }),
      ),
    )
    const [first, ...others] = stages.flat()
    if (first === undefined) throw new Error('an EfficientNet has blocks')
    this.#first = first
    this.#others = others
    this.register('blocks', new nn.ModuleList(stages.map((blocks) => new nn.ModuleList(blocks))))
    this.#lastConvolution = this.register(
      'conv_head',
      new nn.Conv2d({
        inChannels: architecture.blocks.at(-1)?.at(-1)?.outChannels ?? 0,
        outChannels: headChannels,
        kernelSize: 1,
        bias: false,
      }),
    )
    this.#lastNorm = this.register('bn2', new nn.BatchNorm2d({ features: headChannels, ...norm }))
    const dropout = section.dropout ?? architecture.dropout
    this.dropout = this.register('drop', new nn.Dropout(dropout))
    const features = headChannels + cellTypes.length
    this.head = this.register('classifier', createHead(section.head, { features, classes }, norm))
    initialiseEfficientNet(this, flavour)
  }

  get blockKernels() {
    return [this.#first, ...this.#others].map((block) => block.kernel)
  }

  featureMaps(images: Tensor): Tensor {
    return tidy(() => {
      const maps = this.#lastConvolution.forward(this.#trunk(images))
      return this.#activation.forward(this.#lastNorm.forward(maps))
    })
  }

  features(images: Tensor): Tensor {
    const x = this.#trunk(images)
    const last = { convolution: this.#lastConvolution, norm: this.#lastNorm }
    return tidy(() => this.#first.kernel.pooled(last, this.#activation, x))
  }

  compileForInference(precision: Precision): InferenceNetwork {
    const dtype = dtypeOf(precision)
    const stem = { convolution: this.#stem, norm: this.#stemNorm }
    const last = { convolution: this.#lastConvolution, norm: this.#lastNorm }
    const parts = [
      this.#first.fold(dtype, stem),
      ...this.#others.map((block) => block.fold(dtype)),
      this.#first.kernel.foldPooled(last, this.#activation, dtype),
    ]
    return new FoldedNetwork(parts, this.head.fold())
  }

  #trunk(images: Tensor): Tensor {
    const stem = { convolution: this.#stem, norm: this.#stemNorm }
    let x = tidy(() => this.#first.forwardWithStem(stem, images))
    for (const block of this.#others) {
      const input = x
      x = tidy(() => block.forward(input))
      input.dispose()
    }
    return x
  }
}
