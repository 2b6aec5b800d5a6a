import { native } from './addon.js'
import type { Device, DType, TypedArray } from './dtype.js'
import { TorchError } from './errors.js'
import './tensor.js'
import type { Tensor } from './tensor.js'

/** libtorch's operators take no more. */
const mostDimensions = 64

/** Numbers in arrays of arrays, each dimension of one length. */
export type Nested = number | bigint | boolean | readonly Nested[]

export interface TensorOptions {
  /** Without it a typed array becomes one dimension, and nested arrays the shape that they have. */
  readonly shape?: readonly number[] | undefined
  /** Without it a typed array's own; else float32, int64 for BigInts and bool for booleans. */
  readonly dtype?: DType | undefined
  readonly device?: Device | undefined
  readonly requiresGrad?: boolean | undefined
}

/**
 * A tensor of the given numbers, which are copied once.
 *
 * A Uint16Array with the dtype float16 or bfloat16 holds their bits; a Uint8Array with bool, 0 and 1.
 *
 * @throws {TorchError} when the shape has another number of elements, or the nested arrays are ragged.
 */
export function tensor(data: TypedArray | Nested, options: TensorOptions = {}): Tensor {
  const { array, shape, dtype } = isTypedArray(data)
    ? { array: data, shape: [data.length], dtype: options.dtype }
    : flatten(data, options.dtype)
  const result = native().fromTypedArray<Tensor>(
    array,
    options.shape ?? shape,
    dtype,
    options.device,
  )
  if (options.requiresGrad === true) result.requiresGrad = true
  return result
}

function isTypedArray(data: TypedArray | Nested): data is TypedArray {
  return ArrayBuffer.isView(data)
}

function flatten(
  data: Nested,
  wanted: DType | undefined,
): { array: TypedArray; shape: number[]; dtype: DType } {
  const shape: number[] = []
  for (let level: Nested | undefined = data; Array.isArray(level); level = level[0]) {
    if (shape.push(level.length) > mostDimensions) throw tooDeep()
  }
  const values: (number | bigint | boolean)[] = []
  gather(data, shape, 0, values)
  const dtype = wanted ?? naturalDtype(values)
  return { array: arrayFor(values, dtype), shape, dtype }
}

function tooDeep(): TorchError {
  return new TorchError(
    `torch: tensor(): the arrays are nested more than ${mostDimensions} deep, or hold themselves: expected as many levels as the tensor has dimensions`,
    { kind: 'argument', argument: 'data' },
  )
}

function gather(
  data: Nested,
  shape: readonly number[],
  depth: number,
  values: (number | bigint | boolean)[],
): void {
  if (typeof data !== 'object') {
    if (depth === shape.length) values.push(data)
    else throw ragged(shape, `a number stands at depth ${depth}`)
    return
  }
  if (depth === shape.length) throw ragged(shape, `an array stands at depth ${depth}`)
  if (data.length !== shape[depth])
    throw ragged(shape, `an array at depth ${depth} has ${data.length} elements`)
  for (const element of data) gather(element, shape, depth + 1, values)
}

function ragged(shape: readonly number[], where: string): TorchError {
  return new TorchError(
    `torch: tensor(): the first elements make the shape [${shape.join(', ')}], but ${where}: make every array of a dimension as long`,
    { kind: 'argument', argument: 'data' },
  )
}

function naturalDtype(values: readonly (number | bigint | boolean)[]): DType {
  if (values.length > 0 && values.every((value) => typeof value === 'boolean')) return 'bool'
  return values.some((value) => typeof value === 'bigint') ? 'int64' : 'float32'
}

/** Wide enough to lose nothing on the way to the dtype. */
function arrayFor(values: readonly (number | bigint | boolean)[], dtype: DType): TypedArray {
  switch (dtype) {
    case 'int64':
      return BigInt64Array.from(values, toBigInt)
    case 'uint64':
      return BigUint64Array.from(values, toBigInt)
    case 'bool':
      return Uint8Array.from(values, (value) => (Number(value) === 0 ? 0 : 1))
    case 'float32':
      return Float32Array.from(values, Number)
    default:
      return Float64Array.from(values, Number)
  }
}

function toBigInt(value: number | bigint | boolean): bigint {
  return typeof value === 'number' ? BigInt(Math.trunc(value)) : BigInt(value)
}
