import type { nn, Tensor } from '@phenoprint/torch'
import type { Section } from '../config/config.js'
import type { FoldedPart } from './block-kernel.js'
import { CosineHead } from './cosine-head.js'
import { EmbeddingHead } from './embedding-head.js'
import { LinearHead } from './linear-head.js'
import type { NormSettings } from './norm-settings.js'

/** What a head says of some images. */
export interface Scores {
  /** `[batch, class]`: what is predicted from. */
  readonly logits: Tensor
  /** `[batch, class]`: of the angles between an image and each class, float32. */
  readonly cosines: Tensor
}

/** The end of a network: from features to classes. */
export interface Head extends nn.Module {
  /** @param features `[batch, feature]`, behind dropout and with the cell type beside them. */
  forward(features: Tensor): Tensor
  scores(features: Tensor): Scores
  /** `[batch, feature]` to what the classes are told by, `[batch, size]`; the features themselves without a neck. */
  embed(features: Tensor): Tensor
  /** The same for inference alone, float32, with weights of its own. */
  fold(): FoldedPart
}

export interface HeadSizes {
  readonly features: number
  readonly classes: number
}

/**
 * The head that a configuration names.
 *
 * @param norm Settings of its batch norms.
 */
export function createHead(
  { name, size, scale }: Section<'model'>['head'],
  { features, classes }: HeadSizes,
  norm: NormSettings,
): Head {
  switch (name) {
    case 'linear':
      return new LinearHead(features, classes)
    case 'embedding':
      return new EmbeddingHead({ features, classes, size: size ?? 1024, norm })
    case 'cosine':
      return new CosineHead({ features, classes, size: size ?? null, scale })
  }
}
