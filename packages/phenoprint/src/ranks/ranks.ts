import { distributed, manualSeed, type Tensor, tensor, tidy } from '@phenoprint/torch'
import { matrix, type Matrix } from '../evaluation/matrix.js'
import { batchNorms } from '../models/batch-norms.js'
import type { Network } from '../models/network.js'
import { stepSeed } from './step-seed.js'
import type { RankPlace } from './rank-place.js'

/**
 * The processes that train one network together, each on its part of every batch; one alone is a group of one,
 * for which nothing is sent and nothing changes. All of them hold the same weights after every step.
 */
export class Ranks implements Disposable {
  static readonly alone = new Ranks(null)
  readonly #group: distributed.Group | null

  /**
   * Waits for the others.
   *
   * @param seconds that this may take, and each exchange later.
   * @throws {TorchError} of kind `engine` without Gloo, of kind `ranks` when the others do not come.
   */
  static async join(place: RankPlace, seconds: number): Promise<Ranks> {
    return new Ranks(await distributed.Group.join({ ...place, timeout: seconds }))
  }

  private constructor(group: distributed.Group | null) {
    this.#group = group
  }

  get size(): number {
    return this.#group?.size ?? 1
  }

  /** Whether this one writes files and speaks. */
  get isFirst(): boolean {
    return this.#group === null || this.#group.rank === 0
  }

  get isAlone(): boolean {
    return this.#group === null
  }

  /** `2 of 3`, counted from 1. */
  get inWords(): string {
    return `${(this.#group?.rank ?? 0) + 1} of ${this.size}`
  }

  /** From where to where this rank's part of so many samples goes: parts differ by one at most. */
  part(count: number): readonly [from: number, to: number] {
    const at = (rank: number) => Math.floor((count * rank) / this.size)
    const rank = this.#group?.rank ?? 0
    return [at(rank), at(rank + 1)]
  }

  /** Sums of each number over the ranks, in float64. */
  sums(values: readonly number[]): number[] {
    const group = this.#group
    if (group === null) return [...values]
    return tidy(() => {
      const all = tensor(Float64Array.from(values))
      group.allReduce([all])
      return all.toNumbers()
    })
  }

  /** What the first rank says, once it says it: the others wait for it. */
  fromFirst(value: number): number {
    return this.sums([this.isFirst ? value : 0])[0] ?? 0
  }

  /** Has batch norms take their statistics over the samples of all ranks. */
  synchroniseNorms(network: Network): void {
    for (const norm of batchNorms(network)) norm.group = this.#group
  }

  /** Makes running statistics the mean of those of the ranks. */
  averageStatistics(network: Network): void {
    if (this.#group === null) return
    const moving = [...network.namedBuffers().values()].filter(({ dtype }) => dtype === 'float32')
    if (moving.length > 0) this.#group.allReduce(moving, 'mean')
  }

  /** Sums the gradients of parameters as they come; null where there is nobody to sum with. */
  gradientBuckets(parameters: readonly Tensor[]): distributed.GradientBuckets | null {
    return this.#group === null ? null : new distributed.GradientBuckets(this.#group, parameters)
  }

  /**
   * Sets what the engine draws next, as for dropout: by the step and the rank, so that no rank draws what another
   * does, and a run that goes on draws the same. One alone goes on with its own generator.
   */
  seed(seed: number, step: number): void {
    if (this.#group !== null) manualSeed(stepSeed(seed, step, this.#group.rank))
  }

  /** Rows of which each rank has filled its own and left zeros for the others. */
  joinRows(rows: Matrix): Matrix {
    const group = this.#group
    if (group === null) return rows
    return tidy(() => {
      const all = tensor(rows.data)
      group.allReduce([all])
      return matrix(Float32Array.from(all.toNumbers()), rows.rows, rows.columns)
    })
  }

  [Symbol.dispose](): void {
    this.#group?.leave()
  }
}
