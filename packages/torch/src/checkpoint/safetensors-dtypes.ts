import type { DType } from '../dtype.js'
import { TorchError } from '../errors.js'

/** A dtype as safetensors has it. */
export interface StoredDType {
  readonly code: string
  readonly dtype: DType
  readonly bits: number
  /** Elements in one of libtorch's: it has two 4-bit numbers to an element of a byte. */
  readonly packed: number
}

/**
 * The dtypes that files hold, in the order in which their tensors stand there: the widest first, so that
 * each tensor is aligned, and within a width as the reference implementation has them.
 */
export const storedDTypes: readonly StoredDType[] = [
  stored('U64', 'uint64', 64),
  stored('I64', 'int64', 64),
  stored('F64', 'float64', 64),
  stored('C64', 'complex64', 64),
  stored('F32', 'float32', 32),
  stored('U32', 'uint32', 32),
  stored('I32', 'int32', 32),
  stored('BF16', 'bfloat16', 16),
  stored('F16', 'float16', 16),
  stored('U16', 'uint16', 16),
  stored('I16', 'int16', 16),
  stored('F8_E5M2FNUZ', 'float8_e5m2fnuz', 8),
  stored('F8_E4M3FNUZ', 'float8_e4m3fnuz', 8),
  stored('F8_E8M0', 'float8_e8m0fnu', 8),
  stored('F8_E4M3', 'float8_e4m3fn', 8),
  stored('F8_E5M2', 'float8_e5m2', 8),
  stored('I8', 'int8', 8),
  stored('U8', 'uint8', 8),
  stored('F4', 'float4_e2m1fn_x2', 4, 2),
  stored('BOOL', 'bool', 8),
]

const byCode = new Map(storedDTypes.map((each) => [each.code, each]))
const byDType = new Map(storedDTypes.map((each) => [each.dtype, each]))

/** The dtype of a code in a file; undefined for one that libtorch has not. */
export function dtypeOfCode(code: string): StoredDType | undefined {
  return byCode.get(code)
}

/** @throws {TorchError} when files cannot hold the dtype. */
export function storedAs(name: string, dtype: DType): StoredDType {
  const found = byDType.get(dtype)
  if (found !== undefined) return found
  throw new TorchError(
    `checkpoint: safetensors cannot hold "${name}" of dtype ${dtype}; expected one of ${[...byDType.keys()].join(', ')}. Convert it with to({ dtype }).`,
    { kind: 'argument', argument: 'tensors' },
  )
}

/** The shape of a file's tensor as libtorch has it; null when a packed one does not come out whole. */
export function unpackedShape(
  { packed }: StoredDType,
  shape: readonly number[],
): readonly number[] | null {
  if (packed === 1) return shape
  const last = (shape.at(-1) ?? Number.NaN) / packed
  return Number.isInteger(last) ? [...shape.slice(0, -1), last] : null
}

/** The shape of libtorch's tensor as a file has it. */
export function packedShape({ packed }: StoredDType, shape: readonly number[]): readonly number[] {
  return packed === 1 ? shape : [...shape.slice(0, -1), (shape.at(-1) ?? 1) * packed]
}

function stored(code: string, dtype: DType, bits: number, packed = 1): StoredDType {
  return { code, dtype, bits, packed }
}
