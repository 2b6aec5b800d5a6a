import { nn, type Tensor } from '@phenoprint/torch'
import type { Config, Section } from '../config/config.js'
import { ConfigError } from '../errors.js'
import { angularAt } from './angular-schedule.js'

type LossSection = Section<'training'>['loss']

/** What a network says of some samples. */
export interface StepScores {
  /** `[batch, class]` */
  readonly logits: Tensor
  /** `[batch, class]`, where the loss takes them. */
  readonly cosines: Tensor | null
}

/** What the samples are. */
export interface StepTargets {
  /** `[batch]`, int64. */
  readonly labels: Tensor
  /** `[batch, class]`, where samples are mixed: what each class has of a sample. */
  readonly soft: Tensor | null
}

/** The loss of one step of the optimiser. */
export interface StepLoss {
  readonly needsCosines: boolean
  /** The mean over samples, one number. */
  of(scores: StepScores, targets: StepTargets): Tensor
  /** The same for the second head of pairs, whose classes are those of controls. */
  ofControls(scores: StepScores, targets: StepTargets): Tensor
}

/**
 * The training loss of a configuration: `weight L + w A`, L the loss of its name on the logits and A, where
 * there is one, that of an angular margin on the cosines, whose weight w and margin go with the steps
 * ({@link angularAt}). Formulas and papers stand above the engine's functions.
 */
export class TrainingLoss {
  readonly #section: LossSection
  readonly #groups: nn.ClassGroups

  /** @param groups Of the network's classes (in pairs, of those of its first head); each is in one. */
  constructor(section: LossSection, groups: nn.ClassGroups) {
    this.#section = section
    this.#groups = groups
  }

  /**
   * The loss of a step.
   *
   * @param step From 0, over all epochs.
   */
  at(step: number, totalSteps: number): StepLoss {
    const { angular, weight } = this.#section
    const now = angular === undefined ? null : angularAt(angular, step, totalSteps)
    const sum = (scores: StepScores, targets: StepTargets, groups: nn.ClassGroups | null) => {
      const main = weight === 0 ? null : this.#main(scores.logits, targets, groups)
      const weighed = main === null || weight === 1 ? main : main.mul(weight)
      if (now === null || scores.cosines === null) return weighed ?? scores.logits.sum().mul(0)
      const further = this.#angular(scores.cosines, targets, groups, now).mul(now.weight)
      return weighed === null ? further : weighed.add(further)
    }
    return {
      needsCosines: now !== null,
      of: (scores, targets) => sum(scores, targets, this.#groups),
      ofControls: (scores, targets) => sum(scores, targets, null),
    }
  }

  #main(logits: Tensor, targets: StepTargets, groups: nn.ClassGroups | null): Tensor {
    const { name, labelSmoothing, smoothOver, focal } = this.#section
    if (name === 'crossEntropy' && (smoothOver === 'all' || labelSmoothing === 0)) {
      return nn.crossEntropy(logits, targets.soft ?? targets.labels, { labelSmoothing })
    }
    const target = this.#smoothed(softOf(targets, logits), groups)
    if (name === 'focal') return nn.focalLoss(logits, target, focal)
    if (name === 'plateCrossEntropy' && groups !== null) {
      return nn.groupCrossEntropy(logits, target, groups)
    }
    return nn.crossEntropy(logits, target)
  }

  #angular(
    cosines: Tensor,
    targets: StepTargets,
    groups: nn.ClassGroups | null,
    { margin }: { readonly margin: number },
  ): Tensor {
    const { angular } = this.#section
    const target = softOf(targets, cosines)
    const { name: kind, scale } = angular ?? { name: 'arcFace', scale: 1 }
    const logits = nn.angularMargin(cosines, target, { kind, scale, margin })
    return nn.crossEntropy(logits, this.#smoothed(target, groups))
  }

  #smoothed(target: Tensor, groups: nn.ClassGroups | null): Tensor {
    const { labelSmoothing, smoothOver } = this.#section
    if (labelSmoothing === 0) return target
    if (smoothOver === 'plateGroup' && groups !== null) {
      return nn.smoothWithinGroups(target, labelSmoothing, groups)
    }
    const [, classes = 1] = target.shape
    return target.mul(1 - labelSmoothing).add(labelSmoothing / classes)
  }
}

/**
 * Refuses a loss that would not teach what predictions are made from.
 *
 * @throws {ConfigError}
 */
export function refuseUntaughtLogits({
  training,
  model,
}: Pick<Config, 'training' | 'model'>): void {
  const { weight, angular } = training.loss
  if (weight > 0) return
  if (angular === undefined || angular.weight === 0) {
    throw new ConfigError(
      'training.loss: got weight 0 without an angular loss that counts, expected something to learn by. Set training.loss.weight: 1, or training.loss.angular.',
    )
  }
  if (model.head.name === 'cosine') return
  throw new ConfigError(
    `training.loss: got weight 0 with model.head ${model.head.name}, expected cosine: an angular loss alone does not teach the layer that this head predicts from. Set model.head.name: cosine, or a weight above 0.`,
  )
}

/** `[batch, class]`, of the scores' dtype. */
function softOf({ labels, soft }: StepTargets, { shape, dtype }: Tensor): Tensor {
  return (soft ?? labels.oneHot({ numClasses: shape[1] ?? 0 })).to({ dtype })
}
