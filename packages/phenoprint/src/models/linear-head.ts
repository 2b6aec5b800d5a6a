import { nn, type Tensor } from '@phenoprint/torch'
import type { FoldedPart } from './block-kernel.js'
import { cosinesTo } from './cosines.js'
import { foldLinear } from './fold-linear.js'
import type { Head, Scores } from './head.js'

/** One linear layer, `logits = W x + b`; the cosines are those to the rows of W. */
export class LinearHead extends nn.Linear implements Head {
  constructor(features: number, classes: number) {
    super({ inFeatures: features, outFeatures: classes })
  }

  scores(features: Tensor): Scores {
    return { logits: this.forward(features), cosines: cosinesTo(features, this.weight) }
  }

  embed(features: Tensor): Tensor {
    return features
  }

  fold(): FoldedPart {
    return foldLinear(this, null)
  }
}
