import { aten, emptyLike } from '../ops/index.js'
import type { Bucket } from './bucket.js'
import { Optimiser, type ParameterGroup } from './optimiser.js'
import { requireAtLeast } from './requirements.js'
import type { OptimiserState } from './state.js'

export interface LookaheadOptions {
  /** Steps between two moves of the slow weights, at least 1. */
  readonly every?: number | undefined
  /** How far the slow weights go towards the fast ones, 0..1. */
  readonly share?: number | undefined
}

const slow = 'slow_param'
const count = 'lookahead_step'

/**
 * Lookahead: another optimiser moves the weights, and every k-th step slow weights follow them,
 * `slow += share (p - slow)`, and take their place, `p = slow`. The slow weights begin as the weights are
 * when this is made; they belong to the state, so that a run that is gone on with does not fall back to
 * where it began.
 *
 * With RAdam inside it is Ranger.
 *
 * @see Zhang et al. 2019, "Lookahead optimizer: k steps forward, 1 step back" (arXiv:1907.08610).
 */
export class Lookahead extends Optimiser {
  protected readonly remembers = [slow, count]
  readonly #inner: Optimiser
  readonly #every: number
  readonly #share: number

  /** @param inner becomes this one's own: it is stepped, saved, restored and freed with it. */
  constructor(inner: Optimiser, { every = 6, share = 0.5 }: LookaheadOptions = {}) {
    super(inner.groups, { learningRate: 0, weightDecay: 0, fused: false })
    this.#inner = inner
    this.#every = requireAtLeast('every', Math.floor(every), 1)
    this.#share = requireAtLeast('share', share, 0, 1 + Number.EPSILON)
    this.begin((slot) => {
      slot.remember(slow, emptyLike(slot.parameter).copy_(slot.parameter))
      slot.counter(count, 'cpu')
    })
  }

  get momentum(): number {
    return this.#inner.momentum
  }

  set momentum(value: number) {
    this.#inner.momentum = value
  }

  override step(): void {
    this.groups.forEach(({ learningRate, weightDecay }, place) => {
      Object.assign(this.#inner.groups[place] ?? {}, { learningRate, weightDecay })
    })
    this.#inner.step()
    super.step()
  }

  override stateDict(): OptimiserState {
    const { tensors, scalars } = super.stateDict()
    return { tensors: new Map([...this.#inner.stateDict().tensors, ...tensors]), scalars }
  }

  /** As of every optimiser; but the slow weights are changed already when the rest does not fit. */
  override loadStateDict({ tensors, scalars }: OptimiserState): void {
    const isOwn = (name: string) => this.remembers.some((own) => name.endsWith(`.${own}`))
    const those = (own: boolean) => new Map([...tensors].filter(([name]) => isOwn(name) === own))
    super.loadStateDict({ tensors: those(true), scalars })
    this.#inner.loadStateDict({ tensors: those(false), scalars })
  }

  override dispose(): void {
    super.dispose()
    this.#inner.dispose()
  }

  protected override update(_: ParameterGroup, { slots }: Bucket): void {
    const counts = slots.map((slot) => slot.counter(count, 'cpu'))
    aten._foreachAddScalar_(counts, 1)
    const due = slots.filter((_, place) => (counts[place]?.item() ?? 0) % this.#every === 0)
    if (due.length === 0) return
    const fast = due.map(({ parameter }) => parameter)
    const slows = due.map((slot) => slot.moment(slow))
    aten._foreachLerpScalar_(slows, fast, this.#share)
    aten._foreachCopy_(fast, slows)
  }
}
