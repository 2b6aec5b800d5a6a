import { native } from '../addon.js'
import { TorchError } from '../errors.js'
import type { Tensor } from '../tensor.js'

/** Where and as what a process joins a group. */
export interface Rendezvous {
  readonly rank: number
  readonly size: number
  /** Of the store in which ranks find each other: host name or address, and port. */
  readonly address: string
  readonly port: number
  /** Seconds that joining may take, and each operation. */
  readonly timeout: number
  /** Whether this process holds the store; rank 0 does, unless whoever started the ranks has one. */
  readonly serves?: boolean
  /** Ranks of one start have the same, those of an earlier one in the same store another. */
  readonly start?: string
  /** Where the ranks compute on GPUs, all of them say whether theirs is shared with no other rank. */
  readonly ownGpu?: boolean
}

export type Reduction = 'sum' | 'mean' | 'max'

/** Whether this build can join a group: set-up found Gloo's headers. */
export function hasRanks(): boolean {
  return native().joinGroup !== undefined
}

/**
 * Processes that compute together: c10d's TCPStore and Gloo, as `torch.distributed` with the backend `gloo`. Each
 * operation blocks the thread until all ranks have called it, and they call them in the same order. Tensors of
 * a GPU go by NCCL where the build has it and each rank a GPU of its own, else by way of the CPU.
 */
export class Group implements Disposable {
  readonly rank: number
  readonly size: number
  readonly #id: number
  #left = false

  /**
   * Waits until all ranks are there.
   *
   * @throws {TorchError} of kind `engine` where the build has no ranks, of kind `ranks` when the others do not come.
   */
  static async join(rendezvous: Rendezvous): Promise<Group> {
    const { rank, size, address, port, timeout, serves = rank === 0, start = '0' } = rendezvous
    const { ownGpu = null } = rendezvous
    const { joinGroup } = native()
    if (joinGroup === undefined) throw withoutRanks()
    const whole = Number.isInteger(rank) && Number.isInteger(size)
    if (!whole || rank < 0 || rank >= size) {
      throw new TorchError(`torch: rank ${rank} of ${size}: expected one from 0 to ${size - 1}`, {
        kind: 'argument',
      })
    }
    const id = await joinGroup(
      ...([address, port, rank, size, timeout, serves, `phenoprint/${start}`, ownGpu] as const),
    )
    return new Group(id, rank, size)
  }

  private constructor(id: number, rank: number, size: number) {
    this.#id = id
    this.rank = rank
    this.size = size
  }

  /** Its number in the addon. */
  get id(): number {
    return this.#id
  }

  /**
   * Reduces tensors in place, element by element; those of one dtype travel together. Every rank gets the same
   * bytes.
   *
   * @throws {TorchError} of kind `ranks` when a rank is lost or does not come in time.
   */
  allReduce(tensors: readonly Tensor[], reduction: Reduction = 'sum'): void {
    native().allReduce(this.#id, tensors, reduction)
  }

  /** Gives every rank the tensors of one, in place. */
  broadcast(tensors: readonly Tensor[], root = 0): void {
    native().broadcast(this.#id, tensors, root)
  }

  /** The tensors of all ranks, of one shape and dtype: `[rank, ...]`, on the CPU. */
  allGather(tensor: Tensor): Tensor {
    return native().allGather<Tensor>(this.#id, tensor)
  }

  /** The sum over the ranks, as an operator: its gradient is the sum of the ranks' gradients. */
  summed(tensor: Tensor): Tensor {
    return native().summedOverRanks<Tensor>(this.#id, tensor)
  }

  /** Leaves: the others lose this rank if they still expect it. */
  leave(): void {
    if (this.#left) return
    this.#left = true
    native().leaveGroup(this.#id)
  }

  [Symbol.dispose](): void {
    this.leave()
  }
}

function withoutRanks(): TorchError {
  return new TorchError(
    'torch: this build cannot join ranks: there were no headers of Gloo when it was made. Install them (Debian, Ubuntu: apt-get install libgloo-dev), then: npm run setup',
    { kind: 'engine' },
  )
}
