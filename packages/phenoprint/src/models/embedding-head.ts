import { aten, empty, nn, type Tensor, tidy } from '@phenoprint/torch'
import type { FoldedPart } from './block-kernel.js'
import { cosinesTo } from './cosines.js'
import { foldLinear } from './fold-linear.js'
import type { Head, Scores } from './head.js'
import type { NormSettings } from './norm-settings.js'

export interface EmbeddingHeadOptions {
  readonly features: number
  readonly classes: number
  /** Of the embedding and of the layer before it. */
  readonly size: number
  readonly norm: NormSettings
}

/**
 * A neck of two linear layers between batch norms, whose end is the embedding; a linear layer tells
 * the classes from it, and the cosines are those to directions of their own:
 *
 *     e = norm2(linear2(norm1(relu(linear1(norm0(x))))))
 *
 * The linear layers of the neck have no bias. Fresh directions are uniform within 1 / sqrt(size).
 *
 * @see The first place of the RxRx1 competition (Sypetkowski 2019, github.com/maciej-sypetkowski/
 *   kaggle-rcic-1st), whose network ends so: predictions come from the linear layer alone.
 */
export class EmbeddingHead extends nn.Module implements Head {
  readonly #norm0
  readonly #linear1
  readonly #norm1
  readonly #linear2
  readonly #norm2
  readonly #classifier
  readonly #directions

  constructor({ features, classes, size, norm }: EmbeddingHeadOptions) {
    super()
    this.#norm0 = this.register('norm0', new nn.BatchNorm1d({ features, ...norm }))
    const first = { inFeatures: features, outFeatures: size, bias: false }
    this.#linear1 = this.register('linear1', new nn.Linear(first))
    this.#norm1 = this.register('norm1', new nn.BatchNorm1d({ features: size, ...norm }))
    const second = { inFeatures: size, outFeatures: size, bias: false }
    this.#linear2 = this.register('linear2', new nn.Linear(second))
    this.#norm2 = this.register('norm2', new nn.BatchNorm1d({ features: size, ...norm }))
    const last = { inFeatures: size, outFeatures: classes }
    this.#classifier = this.register('classifier', new nn.Linear(last))
    const bound = 1 / Math.sqrt(size)
    const fresh = nn.init.uniform(empty([classes, size]), -bound, bound)
    this.#directions = this.parameter('directions', fresh)
  }

  embed(features: Tensor): Tensor {
    const wide = this.#linear1.forward(this.#norm0.forward(features))
    return this.#norm2.forward(this.#linear2.forward(this.#norm1.forward(aten.relu(wide))))
  }

  forward(features: Tensor): Tensor {
    return this.#classifier.forward(this.embed(features))
  }

  scores(features: Tensor): Scores {
    const embedding = this.embed(features)
    return {
      logits: this.#classifier.forward(embedding),
      cosines: cosinesTo(embedding, this.#directions),
    }
  }

  fold(): FoldedPart {
    const [first, second, last] = [
      foldLinear(this.#linear1, this.#norm0),
      foldLinear(this.#linear2, this.#norm1),
      foldLinear(this.#classifier, this.#norm2),
    ]
    return {
      forward: (x) => tidy(() => last.forward(second.forward(aten.relu_(first.forward(x))))),
      dispose() {
        for (const part of [first, second, last]) part.dispose()
      },
    }
  }
}
