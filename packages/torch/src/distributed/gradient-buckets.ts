import { native } from '../addon.js'
import type { Tensor } from '../tensor.js'
import type { Group } from './group.js'

/** Small enough that the first is on its way early in the backward pass, large enough to use the network. */
const defaultBucketBytes = 4 * 2 ** 20

/**
 * Sums gradients over the ranks of a group while the backward pass goes on. A step's last backward pass is preceded
 * by {@link arm} and followed by {@link finish}; passes before it only add to the gradients.
 *
 * @see Li et al. 2020, "PyTorch Distributed: Experiences on Accelerating Data Parallel Training" (arXiv:2006.15704).
 */
export class GradientBuckets implements Disposable {
  readonly #id: number

  /**
   * @param parameters those that are trained: leaves that require a gradient, in the same order on every rank. They
   *   stay where they are in memory.
   */
  constructor(
    group: Group,
    parameters: readonly Tensor[],
    { bucketBytes = defaultBucketBytes }: { bucketBytes?: number } = {},
  ) {
    this.#id = native().gradientBuckets(group.id, parameters, bucketBytes)
  }

  arm(): void {
    native().armGradients(this.#id)
  }

  /**
   * Waits for the sums and puts them in the gradients. A parameter that has none on any rank keeps none; a rank
   * without samples, which made no backward pass, gets those of the others.
   *
   * @throws {TorchError} of kind `ranks` when a rank is lost or does not come in time.
   */
  finish(): void {
    native().finishGradients(this.#id)
  }

  [Symbol.dispose](): void {
    native().dropGradients(this.#id)
  }
}
