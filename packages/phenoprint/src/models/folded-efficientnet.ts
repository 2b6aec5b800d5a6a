import { aten, type nn, noGrad, type Tensor, tidy } from '@phenoprint/torch'
import type { FoldedPart } from './block-kernel.js'
import type { InferenceNetwork } from './network.js'

/** An EfficientNet for inference alone: its parts, the last of which ends in features, and a classifier. */
export class FoldedEfficientNet implements InferenceNetwork {
  readonly #parts: readonly FoldedPart[]
  readonly #weight: Tensor
  readonly #bias: Tensor | null

  /** @param classifier is copied; the parts become this network's own. */
  constructor(parts: readonly FoldedPart[], classifier: nn.Linear) {
    this.#parts = parts
    this.#weight = copied(classifier.weight)
    this.#bias = classifier.bias === null ? null : copied(classifier.bias)
  }

  features(images: Tensor): Tensor {
    return noGrad(() => tidy(() => this.#features(images)))
  }

  #features(images: Tensor): Tensor {
    let x = images
    for (const part of this.#parts) {
      const input = x
      x = part.forward(input)
      if (input !== images) input.dispose()
    }
    return x.to({ dtype: 'float32' })
  }

  forward(images: Tensor): Tensor {
    return noGrad(() =>
      tidy(() => aten.linear(this.features(images), this.#weight, { bias: this.#bias })),
    )
  }

  dispose(): void {
    for (const part of this.#parts) part.dispose()
    this.#weight.dispose()
    this.#bias?.dispose()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }
}

function copied(tensor: Tensor): Tensor {
  return tidy(() => tensor.detach().clone()).keep()
}
