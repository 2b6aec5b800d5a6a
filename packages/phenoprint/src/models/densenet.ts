import { nn, type Tensor, tidy } from '@phenoprint/torch'
import { createActivation } from './activation.js'
import { activationOf, type ModelOf } from './architecture.js'
import { type DenseNetDesign, DenseNetTrunk } from './densenet-trunk.js'
import { FoldedNetwork, foldedMeans } from './folded-network.js'
import { createHead } from './head.js'
import { LinearHead } from './linear-head.js'
import { type InferenceNetwork, Network, type NetworkShape } from './network.js'
import { normSettings } from './norm-settings.js'
import { dtypeOf, type Precision } from './precision.js'

const designs = {
  densenet121: { layers: [6, 12, 24, 16], growth: 32, stemChannels: 64 },
  densenet161: { layers: [6, 12, 36, 24], growth: 48, stemChannels: 96 },
  densenet169: { layers: [6, 12, 32, 32], growth: 32, stemChannels: 64 },
  densenet201: { layers: [6, 12, 48, 32], growth: 32, stemChannels: 64 },
} as const satisfies Record<string, DenseNetDesign>

export type DenseNetName = keyof typeof designs

/**
 * DenseNet: each layer takes what all layers of its block before it have made, side by side; between
 * blocks a transition halves channels and image. Parameters are named and drawn as in torchvision (and
 * timm). With `finalActivation: false` the last maps are averaged as the last norm leaves them.
 *
 * @see Huang et al. 2016, "Densely connected convolutional networks" (arXiv:1608.06993).
 */
export class DenseNet extends Network {
  readonly blockKernels = []
  readonly stemName = 'features.conv0'
  readonly headName = 'classifier'
  protected readonly dropout
  protected readonly head
  readonly #trunk

  constructor(section: ModelOf<DenseNetName>, { channels, classes, cellTypes = [] }: NetworkShape) {
    super()
    const norm = normSettings(section)
    const activation = createActivation(activationOf(section))
    const activatesLast = section.finalActivation
    this.#trunk = this.register(
      'features',
      new DenseNetTrunk(designs[section.architecture], {
        channels,
        activation,
        norm,
        activatesLast,
      }),
    )
    this.dropout = this.register('drop', new nn.Dropout(section.dropout ?? 0))
    const features = this.#trunk.outChannels + cellTypes.length
    this.head = this.register('classifier', createHead(section.head, { features, classes }, norm))
    for (const module of this.modules()) {
      if (module instanceof nn.Conv2d) nn.init.kaimingNormal(module.weight)
      if (module instanceof LinearHead && module.bias !== null) nn.init.zeros(module.bias)
    }
  }

  featureMaps(images: Tensor): Tensor {
    return this.#trunk.forward(images)
  }

  features(images: Tensor): Tensor {
    return tidy(() => foldedMeans.forward(this.featureMaps(images)))
  }

  compileForInference(precision: Precision): InferenceNetwork {
    const parts = this.#trunk.fold(dtypeOf(precision))
    return new FoldedNetwork([...parts, foldedMeans], this.head.fold())
  }
}
