import { aten, nn, type Tensor, tidy } from '@phenoprint/torch'
import { type Activation, createActivation } from './activation.js'
import { activationOf, type ModelOf } from './architecture.js'
import { FoldedNetwork, foldedMeans } from './folded-network.js'
import { createHead } from './head.js'
import { type InferenceNetwork, Network, type NetworkShape } from './network.js'
import { normSettings } from './norm-settings.js'
import { dtypeOf, type Precision } from './precision.js'
import { expansionOf, ResidualBlock } from './residual-block.js'

/** Blocks of the four stages, what they are made of, and the groups and their width in the middle. */
const designs = {
  resnet18: { blocks: [2, 2, 2, 2], kind: 'basic', groups: 1, groupWidth: 64 },
  resnet34: { blocks: [3, 4, 6, 3], kind: 'basic', groups: 1, groupWidth: 64 },
  resnet50: { blocks: [3, 4, 6, 3], kind: 'bottleneck', groups: 1, groupWidth: 64 },
  resnet101: { blocks: [3, 4, 23, 3], kind: 'bottleneck', groups: 1, groupWidth: 64 },
  resnet152: { blocks: [3, 8, 36, 3], kind: 'bottleneck', groups: 1, groupWidth: 64 },
  'resnext50-32x4d': { blocks: [3, 4, 6, 3], kind: 'bottleneck', groups: 32, groupWidth: 4 },
} as const

export type ResNetName = keyof typeof designs

/** Channels behind the stem, and of the first stage before expansion; each stage doubles them. */
const stemChannels = 64

/**
 * ResNet, and ResNeXt, whose middle convolutions are grouped: a stem of 7x7 and a maximum over 3x3, four
 * stages of residual blocks, an average over the image, a head. The stride of a bottleneck is in its
 * 3x3 convolution, as in torchvision; parameters are named and drawn as there (and in timm).
 *
 * @see He et al. 2015, "Deep residual learning for image recognition" (arXiv:1512.03385).
 * @see Xie et al. 2016, "Aggregated residual transformations for deep neural networks" (arXiv:1611.05431).
 */
export class ResNet extends Network {
  readonly blockKernels = []
  readonly stemName = 'conv1'
  readonly headName = 'fc'
  protected readonly dropout
  protected readonly head
  readonly #stem
  readonly #stemNorm
  readonly #activation: Activation
  readonly #blocks: readonly ResidualBlock[]

  constructor(section: ModelOf<ResNetName>, { channels, classes, cellTypes = [] }: NetworkShape) {
    super()
    const design = designs[section.architecture]
    const activation = activationOf(section)
    const norm = normSettings(section)
    this.#activation = createActivation(activation)
    this.#stem = this.register(
      'conv1',
      new nn.Conv2d({
        inChannels: channels,
        outChannels: stemChannels,
        kernelSize: 7,
        stride: 2,
        padding: 3,
        bias: false,
      }),
    )
    this.#stemNorm = this.register('bn1', new nn.BatchNorm2d({ features: stemChannels, ...norm }))
    const total = design.blocks.reduce<number>((sum, count) => sum + count, 0)
    let inChannels = stemChannels
    let index = 0
    this.#blocks = design.blocks.flatMap((count, stage) => {
      const width = stemChannels * 2 ** stage
      const blocks = Array.from({ length: count }, (_, repeat) => {
        const block = new ResidualBlock(
          {
            ...design,
            inChannels,
            width,
            stride: repeat === 0 && stage > 0 ? 2 : 1,
            dropConnect: ((section.dropConnect ?? 0) * index) / total,
          },
          activation,
          norm,
        )
        inChannels = width * expansionOf(design.kind)
        index++
        return block
      })
      return this.register(`layer${stage + 1}`, new nn.ModuleList(blocks)).entries
    })
    this.dropout = this.register('drop', new nn.Dropout(section.dropout ?? 0))
    const features = inChannels + cellTypes.length
    this.head = this.register('fc', createHead(section.head, { features, classes }, norm))
    for (const module of this.modules()) {
      if (module instanceof nn.Conv2d) nn.init.kaimingNormal(module.weight, { mode: 'fanOut' })
    }
  }

  featureMaps(images: Tensor): Tensor {
    let x = tidy(() => {
      const stem = this.#stemNorm.forward(this.#stem.forward(images))
      return pooledStem(this.#activation.forward(stem))
    })
    for (const block of this.#blocks) {
      const input = x
      x = tidy(() => block.forward(input))
      input.dispose()
    }
    return x
  }

  features(images: Tensor): Tensor {
    return tidy(() => foldedMeans.forward(this.featureMaps(images)))
  }

  compileForInference(precision: Precision): InferenceNetwork {
    const dtype = dtypeOf(precision)
    const activation = this.#activation.name
    const stem = new nn.FoldedConv2d(this.#stem, this.#stemNorm, { activation, dtype })
    const parts = [
      { forward: (x: Tensor) => pooledStem(stem.forward(x)), dispose: () => stem.dispose() },
      ...this.#blocks.map((block) => block.fold(dtype)),
      foldedMeans,
    ]
    return new FoldedNetwork(parts, this.head.fold())
  }
}

function pooledStem(maps: Tensor): Tensor {
  return aten.maxPool2d(maps, 3, { stride: 2, padding: 1 })
}
