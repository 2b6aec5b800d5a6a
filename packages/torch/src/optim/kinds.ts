import type { Tensor } from '../tensor.js'

/** Lists of one device and dtype, which the operators over lists do at once. */
export function tensorsByKind(tensors: readonly Tensor[]): Tensor[][] {
  const kinds = new Map<string, Tensor[]>()
  for (const tensor of tensors) {
    const kind = `${tensor.device} ${tensor.dtype}`
    const known = kinds.get(kind)
    if (known === undefined) kinds.set(kind, [tensor])
    else known.push(tensor)
  }
  return [...kinds.values()]
}
