import { availableParallelism } from 'node:os'
import { distributed, manualSeed, noGrad, type Tensor, tensor, tidy } from '@phenoprint/torch'
import { partOfRank } from '../batches/epoch-batches.js'
import { InterruptedError } from '../errors.js'
import { type Matrix, matrix } from '../evaluation/matrix.js'
import { batchNorms } from '../models/batch-norms.js'
import type { Network } from '../models/network.js'
import { randomStream } from '../random.js'
import type { RankDevice } from './rank-device.js'
import type { RankPlace } from './rank-place.js'

/**
 * The processes that train one network together, each on its part of every batch; one alone is a group of one,
 * for which nothing is sent and nothing changes. All of them hold the same weights after every step.
 */
export class Ranks implements Disposable {
  static readonly alone = new Ranks(null, 1, null)
  readonly #group: distributed.Group | null
  readonly #here: number
  /** Where this one computes; null for one alone, which computes where the configuration says. */
  readonly device: string | null

  /**
   * Waits for the others.
   *
   * @param seconds that this may take, and each exchange later.
   * @throws {TorchError} of kind `engine` without Gloo, of kind `ranks` when the others do not come.
   */
  static async join(place: RankPlace & RankDevice, seconds: number): Promise<Ranks> {
    const group = await distributed.Group.join({ ...place, timeout: seconds })
    return new Ranks(group, place.localSize, place.device)
  }

  /** @param here how many of them share this machine. */
  private constructor(group: distributed.Group | null, here: number, device: string | null) {
    this.#group = group
    this.#here = here
    this.device = device
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

  /** Cores of this machine for each of the ranks on it. */
  get coresEach(): number {
    return Math.max(1, Math.floor(availableParallelism() / this.#here))
  }

  /** The most samples of a joined batch that fall to a rank. */
  greatestPart(count: number): number {
    return Math.ceil(count / this.size)
  }

  /** This rank's part of a list: parts of all ranks, one after another, are the list, and differ by one at most. */
  part<T>(items: readonly T[]): readonly T[] {
    return this.#group === null ? items : partOfRank(items, this.#group.rank, this.size)
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
  saysFirst(value: boolean): boolean {
    const [said = 0] = this.sums([this.isFirst && value ? 1 : 0])
    return said > 0
  }

  /** Waits until all ranks are here. */
  meet(): void {
    this.sums([0])
  }

  /**
   * Stops all ranks where one was asked to stop.
   *
   * @throws {InterruptedError} the signal's reason, or that of another rank.
   */
  stopTogether(signal: AbortSignal): void {
    const [stopping = 0] = this.sums([signal.aborted ? 1 : 0])
    signal.throwIfAborted()
    if (stopping > 0) {
      const words = 'stopped, as another rank was. Run the same command again to go on from here.'
      throw new InterruptedError(words, 143)
    }
  }

  /** Gives all ranks the weights and running statistics of the first. */
  shareNetwork(network: Network): void {
    if (this.#group === null) return
    const weights = [...network.parameters(), ...network.namedBuffers().values()]
    noGrad(() => this.#group?.broadcast(weights))
  }

  /** Has batch norms take their statistics over the samples of all ranks. */
  synchroniseNorms(network: Network): void {
    for (const norm of batchNorms(network)) norm.group = this.#group
  }

  /** Makes running statistics the mean of those of the ranks. */
  averageStatistics(network: Network): void {
    if (this.#group === null) return
    const moving = [...network.namedBuffers().values()].filter(({ dtype }) => dtype === 'float32')
    this.#group.allReduce(moving, 'mean')
  }

  /** Sums the gradients of parameters as they come; null where there is nobody to sum with. */
  gradientBuckets(parameters: readonly Tensor[]): distributed.GradientBuckets | null {
    const trained = parameters.filter(({ requiresGrad }) => requiresGrad)
    return this.#group === null ? null : new distributed.GradientBuckets(this.#group, trained)
  }

  /**
   * Sets what the engine draws next, as for dropout: by the step and the rank, so that no rank draws what another
   * does, and a run that goes on draws the same. One alone goes on with its own generator.
   */
  seed(seed: number, step: number): void {
    if (this.#group === null) return
    const stream = randomStream(seed, 'rank', this.#group.rank, step)
    manualSeed(stream.word())
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
