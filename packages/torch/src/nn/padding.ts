import { TorchError } from '../errors.js'

/** Rows and columns; one number stands for both. */
export type Pair = number | readonly [y: number, x: number]

export function pair(value: Pair): readonly [y: number, x: number] {
  return typeof value === 'number' ? [value, value] : value
}

/** A pair of whole numbers, or the error that says which option is none. */
export function wholePair(
  layer: string,
  option: string,
  value: Pair,
  least: number,
): readonly [y: number, x: number] {
  const both = pair(value)
  if (both.every((each) => Number.isSafeInteger(each) && each >= least)) return both
  throw new TorchError(
    `torch: ${layer}: ${option} is [${both.join(', ')}]; expected whole numbers from ${least} up`,
    { kind: 'argument', argument: option },
  )
}

/** Zeros on the two sides of an axis. */
export interface Sides {
  readonly before: number
  readonly after: number
}

/**
 * TensorFlow's "same" padding of one axis: as many zeros as make the output ceil(size / stride) long,
 * half of them on each side and the odd one behind.
 *
 * @see TensorFlow's tf.nn.convolution, "notes on padding".
 */
export function samePadding(size: number, kernel: number, stride: number, dilation = 1): Sides {
  const covered = (Math.ceil(size / stride) - 1) * stride + (kernel - 1) * dilation + 1
  const total = Math.max(0, covered - size)
  const before = Math.floor(total / 2)
  return { before, after: total - before }
}
