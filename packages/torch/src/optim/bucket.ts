import type { Tensor } from '../tensor.js'
import type { Slot } from './slot.js'

/** Parameters of one device and dtype that have a gradient, with their gradients in the same order. */
export interface Bucket {
  readonly slots: readonly Slot[]
  readonly parameters: readonly Tensor[]
  readonly gradients: readonly Tensor[]
  readonly device: string
  /** One kernel over all of them is wanted, and there is one. */
  readonly fused: boolean
}

/** Devices for which libtorch has the fused kernels. */
const fusedDevices = /^(cpu|cuda|mps|xpu)(:|$)/

/** Sorts parameters into buckets, in their order; those without a gradient are left out. */
export function bucketsOf(slots: readonly Slot[], fused: boolean): Bucket[] {
  const buckets = new Map<string, { slots: Slot[]; gradients: Tensor[]; device: string }>()
  for (const slot of slots) {
    const gradient = slot.gradient()
    if (gradient === null) continue
    const { device, dtype } = slot.settle()
    const key = `${device} ${dtype}`
    const bucket = buckets.get(key) ?? { slots: [], gradients: [], device }
    bucket.slots.push(slot)
    bucket.gradients.push(gradient)
    buckets.set(key, bucket)
  }
  return [...buckets.values()].map((bucket) => ({
    ...bucket,
    parameters: bucket.slots.map((slot) => slot.parameter),
    fused: fused && fusedDevices.test(bucket.device),
  }))
}

/** The part of a bucket whose slots have a property. */
export function part(bucket: Bucket, has: (slot: Slot) => boolean): Bucket {
  const chosen = bucket.slots.map(has)
  const from = <T>(list: readonly T[]) => list.filter((_, place) => chosen[place])
  return {
    ...bucket,
    slots: from(bucket.slots),
    parameters: from(bucket.parameters),
    gradients: from(bucket.gradients),
  }
}
