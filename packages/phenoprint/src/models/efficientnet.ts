import { nn, type Tensor, tidy } from '@phenoprint/torch'
import type { Section } from '../config/config.js'
import { createActivation } from './activation.js'
import { Block } from './block.js'
import { initialiseEfficientNet } from './efficientnet-init.js'
import { decodeArchitecture } from './efficientnet-scaling.js'
import { flavours } from './flavour.js'
import { FoldedEfficientNet } from './folded-efficientnet.js'
import { type InferenceNetwork, Network, type NetworkShape, type Precision } from './network.js'

/**
 * EfficientNet: a stem, seven stages of blocks, a head, an average over the image, a classifier.
 * Parameters are named as in timm's `efficientnet_b0` family.
 *
 * @see Tan & Le 2019, "EfficientNet: rethinking model scaling for convolutional neural networks"
 *   (arXiv:1905.11946).
 */
export class EfficientNet extends Network {
  readonly stemName = 'conv_stem'
  readonly classifierName = 'classifier'
  readonly #stem
  readonly #stemNorm
  readonly #first: Block
  readonly #others: readonly Block[]
  readonly #head
  readonly #headNorm
  readonly #activation
  readonly #dropout
  readonly #classifier

  constructor(section: Section<'model'>, { channels, classes }: NetworkShape) {
    super()
    const architecture = decodeArchitecture(section.architecture, section.dropConnect)
    const flavour = flavours[section.flavour]
    const { stemChannels, headChannels } = architecture
    this.#activation = createActivation(section.activation)
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
    this.#stemNorm = this.register(
      'bn1',
      new nn.BatchNorm2d({ features: stemChannels, ...flavour.norm }),
    )
    const stages = architecture.blocks.map((blocks) =>
      blocks.map((block) => new Block(block, section.activation, flavour, section.kernels)),
    )
    const [first, ...others] = stages.flat()
    if (first === undefined) throw new Error('an EfficientNet has blocks')
    this.#first = first
    this.#others = others
    this.register('blocks', new nn.ModuleList(stages.map((blocks) => new nn.ModuleList(blocks))))
    this.#head = this.register(
      'conv_head',
      new nn.Conv2d({
        inChannels: architecture.blocks.at(-1)?.at(-1)?.outChannels ?? 0,
        outChannels: headChannels,
        kernelSize: 1,
        bias: false,
      }),
    )
    this.#headNorm = this.register(
      'bn2',
      new nn.BatchNorm2d({ features: headChannels, ...flavour.norm }),
    )
    this.#dropout = this.register('drop', new nn.Dropout(section.dropout ?? architecture.dropout))
    this.#classifier = this.register(
      'classifier',
      new nn.Linear({ inFeatures: headChannels, outFeatures: classes }),
    )
    initialiseEfficientNet(this, flavour)
  }

  get blockKernels() {
    return [this.#first, ...this.#others].map((block) => block.kernel)
  }

  featureMaps(images: Tensor): Tensor {
    return tidy(() => {
      const maps = this.#head.forward(this.#trunk(images))
      return this.#activation.forward(this.#headNorm.forward(maps))
    })
  }

  features(images: Tensor): Tensor {
    const x = this.#trunk(images)
    const head = { convolution: this.#head, norm: this.#headNorm }
    return tidy(() => this.#first.kernel.pooled(head, this.#activation, x))
  }

  classify(features: Tensor): Tensor {
    return tidy(() => this.#classifier.forward(this.#dropout.forward(features)))
  }

  compileForInference(precision: Precision): InferenceNetwork {
    const dtype = precision === 'bf16' ? 'bfloat16' : 'float32'
    const stem = { convolution: this.#stem, norm: this.#stemNorm }
    const head = { convolution: this.#head, norm: this.#headNorm }
    const parts = [
      this.#first.fold(dtype, stem),
      ...this.#others.map((block) => block.fold(dtype)),
      this.#first.kernel.foldPooled(head, this.#activation, dtype),
    ]
    return new FoldedEfficientNet(parts, this.#classifier)
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
