/** A number that is floating although it may be whole. */
export class FloatScalar {
  constructor(readonly float: number) {}
}

/** A complex number. */
export class ComplexScalar {
  constructor(
    readonly re: number,
    readonly im: number,
  ) {}
}

/** What stands where a schema says Scalar. */
export type Scalar = number | bigint | boolean | FloatScalar | ComplexScalar

/**
 * A Scalar that is floating although it is whole.
 *
 * JavaScript's 1.0 is 1, which becomes an integer: `aten.full([2], 1)` has the dtype int64, and
 * `aten.full([2], float(1))` float32, as Python's `torch.full((2,), 1.0)`.
 */
export function float(value: number): FloatScalar {
  return new FloatScalar(value)
}

/** A complex Scalar. */
export function complex(re: number, im: number): ComplexScalar {
  return new ComplexScalar(re, im)
}

/** What a loss does with the losses of its samples: the values of the `reduction` argument. */
export const reduction = { none: 0, mean: 1, sum: 2 } as const
