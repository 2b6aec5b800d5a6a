import { tensor } from '../create.js'
import { TorchError } from '../errors.js'
import { aten } from '../ops/index.js'
import type { Tensor } from '../tensor.js'

/** Classes divided into groups: `[group]`, the indices of its classes; each class is in one of them. */
export type ClassGroups = readonly (readonly number[])[]

/**
 * Log-probabilities within groups: `z_c - ln sum_{k in G(c)} e^{z_k}`, G(c) the group of class c. The
 * probabilities of each group add up to one.
 *
 * @param logits `[batch, class]`.
 * @returns `[batch, class]`.
 */
export function groupLogSoftmax(logits: Tensor, groups: ClassGroups): Tensor {
  const classes = logits.shape[1] ?? 0
  const sums = groups.map((members) => {
    const own = logits.indexSelect(1, indices(members, logits.device))
    return own.logsumexp(1, { keepdim: true })
  })
  const groupOf = indices(groupOfEach(groups, classes), logits.device)
  return logits.sub(aten.cat(sums, { dim: 1 }).indexSelect(1, groupOf))
}

/**
 * Cross entropy within groups: the mean over samples of `-sum_c q_c ln p_c`, p as in
 * {@link groupLogSoftmax}. Of a label, all classes outside its group count for nothing.
 *
 * @param target `[batch, class]`, probabilities of the logits' dtype.
 */
export function groupCrossEntropy(logits: Tensor, target: Tensor, groups: ClassGroups): Tensor {
  return groupLogSoftmax(logits, groups)
    .mul(target)
    .sum({ dim: [1] })
    .mean()
    .neg()
}

/**
 * Targets smoothed within groups: of what a group has, `1 - smoothing` stays where it is and the rest goes
 * to the other classes of the group, each the same: `(1 - s) q_c + s (Q_G - q_c) / (|G| - 1)`, Q_G what the
 * group has in all. A group of one class keeps what it has.
 *
 * @param target `[batch, class]`, probabilities.
 */
export function smoothWithinGroups(target: Tensor, smoothing: number, groups: ClassGroups): Tensor {
  const classes = target.shape[1] ?? 0
  const { dtype, device } = target
  const sums = groups.map((members) =>
    target.indexSelect(1, indices(members, device)).sum({ dim: [1], keepdim: true }),
  )
  const groupOf = groupOfEach(groups, classes)
  const inGroup = aten.cat(sums, { dim: 1 }).indexSelect(1, indices(groupOf, device))
  const others = groupOf.map((group) => (groups[group]?.length ?? 1) - 1)
  const row = (values: readonly number[]) =>
    tensor(Float64Array.from(values), { shape: [1, classes], dtype, device })
  const kept = row(others.map((count) => (count === 0 ? 1 : 1 - smoothing)))
  const given = row(others.map((count) => (count === 0 ? 0 : smoothing / count)))
  return target.mul(kept).add(inGroup.sub(target).mul(given))
}

/** `[class]`: the index of its group. */
function groupOfEach(groups: ClassGroups, classes: number): number[] {
  const groupOf = new Array<number>(classes).fill(-1)
  groups.forEach((members, group) => {
    for (const member of members) groupOf[member] = group
  })
  const homeless = groupOf.indexOf(-1)
  if (homeless === -1 && groupOf.length === classes) return groupOf
  throw new TorchError(
    `torch: class groups: class ${homeless === -1 ? groupOf.length - 1 : homeless} of ${classes}; expected each class in one group`,
    { kind: 'argument', argument: 'groups' },
  )
}

function indices(values: readonly number[], device: string): Tensor {
  return tensor(BigInt64Array.from(values, BigInt), { device })
}
