import { nn, type Tensor, tidy } from '@phenoprint/torch'
import type { Section } from '../config/config.js'

/** What the data ask of a network. */
export interface NetworkShape {
  /** Channels of an image. */
  readonly channels: number
  readonly classes: number
}

/** An image classifier. */
export abstract class Network extends nn.Module {
  /** The name of the kernel that computes each block, in order; empty where blocks have no choice. */
  abstract readonly blockKernels: readonly { readonly name: string; readonly fused: boolean }[]
  /** The first convolution, whose input channels are those of the images. */
  abstract readonly stemName: string
  /** The layer whose outputs are the classes. */
  abstract readonly classifierName: string

  /** The last feature maps, `[batch, channel, y, x]` to `[batch, feature, y, x]`. */
  abstract featureMaps(images: Tensor): Tensor

  /** The last feature maps, averaged over the image: `[batch, channel, y, x]` to `[batch, feature]`. */
  abstract features(images: Tensor): Tensor

  /** Features `[batch, feature]` to logits `[batch, class]`. */
  abstract classify(features: Tensor): Tensor

  /** `[batch, channel, y, x]` to logits `[batch, class]`. */
  forward(images: Tensor): Tensor {
    return tidy(() => this.classify(this.features(images)))
  }

  /**
   * This network for inference alone, as it is now: norms folded into convolutions, weights converted
   * and packed once. It keeps copies; training goes on with this one.
   */
  abstract compileForInference(precision: Precision): InferenceNetwork
}

/** What convolutions multiply; sums are always float32. */
export type Precision = 'fp32' | 'bf16'

/** A network that only infers, without gradients. */
export interface InferenceNetwork extends Disposable {
  /** As {@link Network.features}, float32. */
  features(images: Tensor): Tensor
  /** As {@link Network.forward}, float32. */
  forward(images: Tensor): Tensor
  /** Frees its weights. */
  dispose(): void
}

/** What must agree between a network and a checkpoint of it. */
export interface NetworkDescription extends NetworkShape {
  readonly architecture: string
  readonly activation: string
  readonly flavour: string
  /** Trained numbers. */
  readonly parameters: number
}

/** What a network is, for checkpoints and provenance. */
export function describeNetwork(
  network: Network,
  section: Section<'model'>,
  shape: NetworkShape,
): NetworkDescription {
  const { architecture, activation, flavour } = section
  const { channels, classes } = shape
  return {
    architecture,
    activation,
    flavour,
    channels,
    classes,
    parameters: countParameters(network),
  }
}

/** How many numbers training adjusts. */
export function countParameters(network: nn.Module): number {
  return network.parameters().reduce((sum, parameter) => sum + parameter.numel, 0)
}
