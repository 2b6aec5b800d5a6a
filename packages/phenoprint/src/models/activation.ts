import { aten, type Tensor } from '@phenoprint/torch'

export type ActivationName = 'relu' | 'silu' | 'mish'

/** Those that the blocks of an EfficientNet have kernels for. */
export type BlockActivationName = Exclude<ActivationName, 'relu'>

/** A function of each value, known by its name. */
export interface Activation<Name extends ActivationName = ActivationName> {
  readonly name: Name
  forward(x: Tensor): Tensor
}

const functions: Readonly<Record<ActivationName, (x: Tensor) => Tensor>> = {
  relu: aten.relu,
  silu: aten.silu,
  mish: aten.mish,
}

/**
 * The activation of a name.
 *
 * - `relu`: max(0, x) (Nair & Hinton 2010, ICML 27:807).
 * - `silu`: x * sigmoid(x) (Elfwing, Uchibe & Doya 2017, arXiv:1702.03118; "swish" in Ramachandran,
 *   Zoph & Le 2017, arXiv:1710.05941).
 * - `mish`: x * tanh(ln(1 + e^x)) (Misra 2019, arXiv:1908.08681).
 */
export function createActivation<Name extends ActivationName>(name: Name): Activation<Name> {
  return { name, forward: functions[name] }
}
