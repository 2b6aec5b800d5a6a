import type { Tensor } from '@phenoprint/torch'

/**
 * A file's tensors by the names that networks have today: torchvision's files of DenseNets still say
 * `denselayer1.norm.1.weight` where its code says `denselayer1.norm1.weight`.
 */
export function asNamedToday(tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  return new Map(
    [...tensors].map(([name, tensor]) => [
      name.replace(/(denselayer\d+\.(?:norm|conv))\.(\d)\./, '$1$2.'),
      tensor,
    ]),
  )
}
