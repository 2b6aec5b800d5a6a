import { empty, nn, noGrad, type Tensor, tidy } from '@phenoprint/torch'
import type { FoldedPart } from './block-kernel.js'
import { cosinesTo } from './cosines.js'
import { foldLinear } from './fold-linear.js'
import type { Head, Scores } from './head.js'

export interface CosineHeadOptions {
  readonly features: number
  readonly classes: number
  /** Of a linear layer between the features and the cosines; null for none. */
  readonly size: number | null
  /** Logits are cosines times this. */
  readonly scale: number
}

/**
 * `logits = scale cos(E x, w_j)`: only the angle to each class's direction counts. With a loss of
 * angular margin this is what is learnt; with cross entropy it is the normalised softmax. Fresh
 * directions are as Glorot & Bengio draw them.
 *
 * @see Wang et al. 2017, "NormFace" (arXiv:1704.06369).
 */
export class CosineHead extends nn.Module implements Head {
  readonly #embedding: nn.Linear | null
  readonly #weight: Tensor
  readonly #scale: number

  constructor({ features, classes, size, scale }: CosineHeadOptions) {
    super()
    this.#scale = scale
    this.#embedding =
      size === null
        ? null
        : this.register('embedding', new nn.Linear({ inFeatures: features, outFeatures: size }))
    const fresh = nn.init.xavierUniform(empty([classes, size ?? features]))
    this.#weight = this.parameter('weight', fresh)
  }

  embed(features: Tensor): Tensor {
    return this.#embedding === null ? features : this.#embedding.forward(features)
  }

  forward(features: Tensor): Tensor {
    return this.scores(features).logits
  }

  scores(features: Tensor): Scores {
    const cosines = cosinesTo(this.embed(features), this.#weight)
    return { logits: cosines.mul(this.#scale), cosines }
  }

  fold(): FoldedPart {
    const embedding = this.#embedding === null ? null : foldLinear(this.#embedding, null)
    const weight = noGrad(() => tidy(() => this.#weight.detach().clone()))
    weight.keep()
    const scale = this.#scale
    return {
      forward: (x) =>
        tidy(() => cosinesTo(embedding === null ? x : embedding.forward(x), weight).mul(scale)),
      dispose() {
        embedding?.dispose()
        weight.dispose()
      },
    }
  }
}
