import { nn } from '@phenoprint/torch'

export type ActivationName = 'silu' | 'mish'
export type Activation = nn.SiLU | nn.Mish

/**
 * The activation of a name.
 *
 * - `silu`: x * sigmoid(x) (Elfwing, Uchibe & Doya 2017, arXiv:1702.03118; "swish" in Ramachandran,
 *   Zoph & Le 2017, arXiv:1710.05941).
 * - `mish`: x * tanh(ln(1 + e^x)) (Misra 2019, arXiv:1908.08681).
 */
export function createActivation(name: ActivationName): Activation {
  return name === 'mish' ? new nn.Mish() : new nn.SiLU()
}
