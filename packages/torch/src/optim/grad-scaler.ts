import { noGrad } from '../autograd.js'
import { TorchError } from '../errors.js'
import { aten, full, zeros } from '../ops/index.js'
import { tidy } from '../scope.js'
import type { Tensor } from '../tensor.js'
import { tensorsByKind } from './kinds.js'
import type { Optimiser } from './optimiser.js'
import { requireAtLeast } from './requirements.js'

export interface GradScalerOptions {
  readonly initialScale?: number | undefined
  /** What the scale is multiplied by after `growthInterval` steps in a row with finite gradients. */
  readonly growthFactor?: number | undefined
  /** What it is multiplied by after a step whose gradients were not finite. */
  readonly backoffFactor?: number | undefined
  readonly growthInterval?: number | undefined
}

/** What a scaler is at. */
export interface GradScalerState {
  readonly scale: number
  /** Steps in a row with finite gradients. */
  readonly streak: number
}

/**
 * Keeps float16 gradients from vanishing: the loss is multiplied by a factor before backward(), the
 * gradients are divided by it before the step. A step whose gradients are not finite is left out, and
 * the factor becomes smaller; after many good ones it becomes greater. As torch.amp.GradScaler.
 *
 * ```
 * scaler.scale(loss).backward()
 * scaler.unscale(optimiser)      // only where gradients are looked at, for clipping
 * scaler.step(optimiser)
 * ```
 *
 * @see Micikevicius et al. 2018, Mixed Precision Training (arXiv:1710.03740), section 3.2.
 */
export class GradScaler {
  #scale: number
  #streak = 0
  /** Whether the gradients, which were unscaled for the coming step, are all finite; null before. */
  #finite: boolean | null = null
  readonly #growthFactor: number
  readonly #backoffFactor: number
  readonly #growthInterval: number

  /** @throws {TorchError} when a factor or the interval is out of its range. */
  constructor({
    initialScale = 2 ** 16,
    growthFactor = 2,
    backoffFactor = 0.5,
    growthInterval = 2000,
  }: GradScalerOptions = {}) {
    this.#scale = asFloat32(requireAtLeast('initialScale', initialScale, Number.MIN_VALUE))
    this.#growthFactor = requireAtLeast('growthFactor', growthFactor, 1)
    this.#backoffFactor = requireAtLeast('backoffFactor', backoffFactor, Number.MIN_VALUE, 1)
    this.#growthInterval = requireAtLeast('growthInterval', growthInterval, 1)
  }

  /** What the state is for the next step, to go on from. */
  get state(): GradScalerState {
    return { scale: this.#scale, streak: this.#streak }
  }

  set state({ scale, streak }: GradScalerState) {
    this.#scale = asFloat32(requireAtLeast('scale', scale, Number.MIN_VALUE))
    this.#streak = requireAtLeast('streak', streak, 0)
    this.#finite = null
  }

  /** The loss times the factor: what backward() is called on. */
  scale(loss: Tensor): Tensor {
    return loss.mul(this.#scale)
  }

  /**
   * Divides the optimiser's gradients by the factor.
   *
   * @returns whether all of them are finite: the step will be taken.
   * @throws {TorchError} when they were divided already, or one is float16: its parameter has to be
   *   float32, under autocast().
   */
  unscale(optimiser: Optimiser): boolean {
    if (this.#finite !== null) {
      throw misuse('unscale() was called already since the last step(); call it once a step.')
    }
    const finite = noGrad(() => tidy(() => divide(gradientsOf(optimiser), 1 / this.#scale)))
    this.#finite = finite
    return finite
  }

  /**
   * Moves the parameters, unless a gradient is not finite, and sets the factor for the next step.
   *
   * @returns whether they moved.
   */
  step(optimiser: Optimiser): boolean {
    const finite = this.#finite ?? this.unscale(optimiser)
    if (finite) optimiser.step()
    this.#adapt(finite)
    return finite
  }

  #adapt(finite: boolean): void {
    this.#finite = null
    this.#streak = finite ? this.#streak + 1 : 0
    if (!finite) this.#scale = asFloat32(this.#scale * this.#backoffFactor)
    if (this.#streak < this.#growthInterval) return
    const greater = asFloat32(this.#scale * this.#growthFactor)
    if (Number.isFinite(greater)) this.#scale = greater
    this.#streak = 0
  }
}

/** The factor is a float32 in PyTorch, so that both round alike. */
const asFloat32 = Math.fround

function gradientsOf(optimiser: Optimiser): Tensor[] {
  const gradients = optimiser.groups.flatMap(({ parameters }) =>
    parameters.flatMap((parameter) => parameter.grad ?? []),
  )
  if (gradients.some(({ dtype }) => dtype === 'float16')) {
    throw misuse(
      'a gradient is float16, where it may have overflowed already. Keep parameters in float32, and compute under autocast().',
    )
  }
  return gradients
}

/** Multiplies tensors in place; whether all of them were finite. */
function divide(gradients: readonly Tensor[], factor: number): boolean {
  const flags = tensorsByKind(gradients).map((group) => {
    const device = group[0]?.device ?? 'cpu'
    const found = zeros([1], { dtype: 'float32', device })
    const by = full([1], factor, { dtype: 'float32', device })
    aten._ampForeachNonFiniteCheckAndUnscale_(group, found, by)
    return found
  })
  return flags.every((found) => found.item() === 0)
}

function misuse(what: string): TorchError {
  return new TorchError(`torch: GradScaler: ${what}`, { kind: 'argument', argument: 'optimiser' })
}
