import { noGrad } from '../autograd.js'
import { TorchError } from '../errors.js'
import { aten, emptyLike } from '../ops/index.js'
import { tidy } from '../scope.js'
import type { Tensor } from '../tensor.js'

/** What an average is at: tensors by the parameters' names, and how many times it was updated. */
export interface AverageState {
  readonly tensors: ReadonlyMap<string, Tensor>
  readonly count: number
}

/**
 * An average of weights over the course of training, kept beside them.
 *
 * - `decay: null`: the plain mean of all updates, `a += (p - a) / n` at the n-th: stochastic weight
 *   averaging (Izmailov et al. 2018, arXiv:1803.05407) when it is updated once an epoch.
 * - `decay: d`: `a = d a + (1 - d) p`, from the first update's weights on: the exponential moving average
 *   (Polyak & Juditsky 1992 average; Tarvainen & Valpola 2017, arXiv:1703.01780, its exponential form).
 *
 * The parameters stay their owner's. Running statistics of batch norms are not averaged: they belong to the
 * weights that made them, and are to be taken again for the average.
 */
export class WeightAverage implements Disposable {
  readonly #parameters: ReadonlyMap<string, Tensor>
  readonly #decay: number | null
  readonly #averages = new Map<string, Tensor>()
  #count = 0

  /** @throws {TorchError} when the decay is not 0 to below 1. */
  constructor(parameters: ReadonlyMap<string, Tensor>, decay: number | null) {
    if (decay !== null && !(decay >= 0 && decay < 1)) {
      throw new TorchError(`torch: WeightAverage: decay is ${decay}; expected 0 to below 1`, {
        kind: 'argument',
        argument: 'decay',
      })
    }
    this.#parameters = parameters
    this.#decay = decay
  }

  /** How many times it was updated; at 0 there is no average yet. */
  get count(): number {
    return this.#count
  }

  /** Takes the parameters as they are now into the average. */
  update(): void {
    this.#count++
    noGrad(() =>
      tidy(() => {
        if (this.#count === 1) {
          for (const [name, value] of this.#parameters) this.#keep(name, value)
          return
        }
        const share = this.#decay === null ? 1 / this.#count : 1 - this.#decay
        for (const [name, value] of this.#parameters) this.#averages.get(name)?.lerp_(value, share)
      }),
    )
  }

  /**
   * Puts the average in the parameters' place while some work is done, and the parameters back after it,
   * to the bit, whatever came of it.
   *
   * @throws {TorchError} before the first update.
   */
  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#count === 0) {
      throw new TorchError('torch: WeightAverage: there is no average before the first update')
    }
    this.#exchange()
    try {
      return await work()
    } finally {
      this.#exchange()
    }
  }

  /** The averages themselves, not copies. */
  stateDict(): AverageState {
    return { tensors: new Map(this.#averages), count: this.#count }
  }

  /**
   * Takes a state over, by copy.
   *
   * @throws {TorchError} of kind `checkpoint` when it is of other parameters; nothing is changed then.
   */
  loadStateDict({ tensors, count }: AverageState): void {
    const misfits = [...this.#parameters].filter(
      ([name, value]) => tensors.get(name)?.shape.join() !== value.shape.join(),
    )
    const [first] = misfits
    const expected = count === 0 ? 0 : this.#parameters.size
    if (tensors.size !== expected || (count > 0 && first !== undefined)) {
      throw new TorchError(
        `torch: WeightAverage: the state has ${tensors.size} averages after ${count} updates, expected ${expected}${first === undefined ? '' : ` and ${first[0]} of shape [${first[1].shape.join(', ')}]`}. Load the state of the same network.`,
        { kind: 'checkpoint', argument: 'state' },
      )
    }
    this.dispose()
    this.#count = count
    noGrad(() =>
      tidy(() => {
        for (const [name, value] of tensors) this.#keep(name, value)
      }),
    )
  }

  /** Frees the averages. */
  dispose(): void {
    for (const value of this.#averages.values()) value.dispose()
    this.#averages.clear()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  #keep(name: string, value: Tensor): void {
    const parameter = this.#parameters.get(name) ?? value
    this.#averages.set(name, emptyLike(parameter).copy_(value).keep())
  }

  #exchange(): void {
    noGrad(() =>
      tidy(() => {
        for (const [name, value] of this.#parameters) {
          const average = this.#averages.get(name)
          if (average === undefined) continue
          const held = aten.clone(value)
          value.copy_(average)
          average.copy_(held)
        }
      }),
    )
  }
}
