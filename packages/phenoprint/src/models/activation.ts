import { aten, type Tensor } from '@phenoprint/torch'

export type ActivationName = 'silu' | 'mish'

/** A function of each value, known by its name. */
export interface Activation {
  readonly name: ActivationName
  forward(x: Tensor): Tensor
}

/**
 * The activation of a name.
 *
 * - `silu`: x * sigmoid(x) (Elfwing, Uchibe & Doya 2017, arXiv:1702.03118; "swish" in Ramachandran,
 *   Zoph & Le 2017, arXiv:1710.05941).
 * - `mish`: x * tanh(ln(1 + e^x)) (Misra 2019, arXiv:1908.08681).
 */
export function createActivation(name: ActivationName): Activation {
  return { name, forward: name === 'mish' ? aten.mish : aten.silu }
}
