import { median } from '../audit/robust.js'
import type { Section } from '../config/config.js'
import { diverged } from './diverged.js'

/** How many of the latest losses are judged together. */
export const judgedSteps = 15

/** How many times the loss of a network that knows nothing is too much. */
const tooManyTimes = 10

/** What a loss is taken of. */
export interface WatchedLoss {
  readonly loss: Section<'training'>['loss']
  readonly classes: number
  /** Whether a second head has a loss of its own. */
  readonly pairs: boolean
}

/**
 * The loss that a healthy training does not stay above:
 * `10 p (w f (1 + ln C) + a (ln C + 2 s))`, for C classes.
 *
 * - `ln C` is the cross entropy of a network that knows nothing; `w` is `loss.weight`, `f` the factor
 *   `focal.alpha` where the loss is focal. Smoothing, plate groups and mixing have no higher one.
 * - An angular loss of logits within ±`s`, its scale, is at most about `ln C + 2 s`, whatever the margin is by
 *   then; `a` is the greater of its weight at first and at the end, 0 without one. So it cannot
 *   explode by itself, and a margin that rises is not taken for that.
 * - `p` is `1 + controlWeight` in pairs, else 1.
 */
export function lossBound({ loss, classes, pairs }: WatchedLoss): number {
  const chance = Math.log(classes)
  const factor = loss.name === 'focal' ? loss.focal.alpha : 1
  const main = loss.weight * factor * (1 + chance)
  const { weight = 0, lastWeight = weight, scale = 0 } = loss.angular ?? {}
  const further = Math.max(weight, lastWeight) * (chance + 2 * scale)
  return tooManyTimes * (pairs ? 1 + loss.controlWeight : 1) * (main + further)
}

/**
 * Tells by its losses that a training diverges: when one is not a finite number, or when the median of
 * the latest 15 is above {@link lossBound}. Up to seven of them may be as high as they like, so that a
 * noisy start or a spike does not stop a run that recovers.
 */
export class LossWatch {
  readonly #bound: number
  readonly #folder: string

  /** @param folder Of the training, for messages. */
  constructor(watched: WatchedLoss, folder: string) {
    this.#bound = lossBound(watched)
    this.#folder = folder
  }

  /**
   * The latest losses, with that of a step.
   *
   * @param recent Those before it, the oldest first.
   * @param where `epoch 3, step 17`
   * @throws {DivergedError}
   */
  after(recent: readonly number[], loss: number, where: string): number[] {
    if (!Number.isFinite(loss)) {
      throw diverged(`the loss is ${loss} in ${where}, expected a finite number`, this.#folder)
    }
    const latest = [...recent, loss].slice(-judgedSteps)
    const middle = median(latest)
    if (latest.length === judgedSteps && middle > this.#bound) {
      throw diverged(
        `the loss explodes: in ${where} its median over ${judgedSteps} steps is ${middle.toPrecision(3)}, expected at most ${this.#bound.toPrecision(3)}, ten times that of a network that knows nothing`,
        this.#folder,
      )
    }
    return latest
  }

  /** Whether the latest loss is one of a healthy training, whose weights are worth keeping. */
  isSettled(recent: readonly number[]): boolean {
    return (recent.at(-1) ?? 0) <= this.#bound
  }

  /** @throws {DivergedError} when training ends with a loss that no healthy one has. */
  requireSettled(recent: readonly number[]): void {
    if (this.isSettled(recent)) return
    throw diverged(
      `the loss of the last step is ${recent.at(-1)?.toPrecision(3)}, expected at most ${this.#bound.toPrecision(3)}, ten times that of a network that knows nothing`,
      this.#folder,
    )
  }
}
