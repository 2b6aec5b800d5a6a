import { aten, nn, type Tensor, tidy } from '@phenoprint/torch'
import type { Section } from '../config/config.js'
import { activationOf } from './architecture.js'
import type { Head, Scores } from './head.js'
import type { Precision } from './precision.js'

/** What the data ask of a network. */
export interface NetworkShape {
  /** Channels of an image. */
  readonly channels: number
  readonly classes: number
  /** The cell types that stand beside the features, in the order of their inputs; without it none does. */
  readonly cellTypes?: readonly string[] | undefined
}

/**
 * An image classifier: a trunk that makes features of images, dropout, and a head. Where the cell type
 * is an input, it stands beside the features as `[batch, cell type]`, 1 at the image's own (shares where
 * images are mixed).
 */
export abstract class Network extends nn.Module {
  /** The name of the kernel that computes each block, in order; empty where blocks have no choice. */
  abstract readonly blockKernels: readonly { readonly name: string; readonly fused: boolean }[]
  /** The first convolution, whose input channels are those of the images. */
  abstract readonly stemName: string
  /** The layers from features to classes. */
  abstract readonly headName: string
  protected abstract readonly dropout: nn.Dropout
  protected abstract readonly head: Head

  /** The last feature maps, `[batch, channel, y, x]` to `[batch, feature, y, x]`. */
  abstract featureMaps(images: Tensor): Tensor

  /** The last feature maps, averaged over the image: `[batch, channel, y, x]` to `[batch, feature]`. */
  abstract features(images: Tensor): Tensor

  /** Features `[batch, feature]` to logits `[batch, class]`. */
  classify(features: Tensor, cellTypes: Tensor | null): Tensor {
    return tidy(() => this.head.forward(withCellTypes(this.dropout.forward(features), cellTypes)))
  }

  /** `[batch, channel, y, x]` to logits `[batch, class]`. */
  forward(images: Tensor, cellTypes: Tensor | null = null): Tensor {
    return tidy(() => this.classify(this.features(images), cellTypes))
  }

  /** The same with the cosines that losses of angular margin take. */
  scores(images: Tensor, cellTypes: Tensor | null): Scores {
    return tidy(() => {
      const features = this.dropout.forward(this.features(images))
      return this.head.scores(withCellTypes(features, cellTypes))
    })
  }

  /**
   * This network for inference alone, as it is now: norms folded into convolutions, weights converted
   * and packed once. It keeps copies; training goes on with this one.
   */
  abstract compileForInference(precision: Precision): InferenceNetwork
}

/** A network that only infers, without gradients. */
export interface InferenceNetwork extends Disposable {
  /** As {@link Network.features}, float32. */
  features(images: Tensor): Tensor
  /** As {@link Network.forward}, float32. */
  forward(images: Tensor, cellTypes?: Tensor | null): Tensor
  /** Frees its weights. */
  dispose(): void
}

/** What must agree between a network and a checkpoint of it. */
export interface NetworkDescription extends NetworkShape {
  readonly cellTypes: readonly string[]
  readonly architecture: string
  readonly activation: string
  readonly flavour: string
  readonly head: string
  /** Trained numbers. */
  readonly parameters: number
}

/** What a network is, for checkpoints and provenance. */
export function describeNetwork(
  network: Network,
  section: Section<'model'>,
  shape: NetworkShape,
): NetworkDescription {
  const { architecture, flavour, head } = section
  const { channels, classes, cellTypes = [] } = shape
  return {
    architecture,
    activation: activationOf(section),
    flavour,
    head: head.name,
    channels,
    classes,
    cellTypes,
    parameters: countParameters(network),
  }
}

/** How many numbers training adjusts. */
export function countParameters(network: nn.Module): number {
  return network.parameters().reduce((sum, parameter) => sum + parameter.numel, 0)
}

/** Features with the cell types beside them, `[batch, feature + cell type]`. */
export function withCellTypes(features: Tensor, cellTypes: Tensor | null): Tensor {
  if (cellTypes === null) return features
  return aten.cat([features, cellTypes.to({ dtype: features.dtype })], { dim: 1 })
}
