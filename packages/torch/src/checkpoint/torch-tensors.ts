import type { DType } from '../dtype.js'
import { quoted } from './fault.js'
import type { PickleMeanings } from './pickle.js'
import {
  PickleDict,
  PickleExtra,
  PickleFault,
  type PickleKey,
  type PickleValue,
} from './pickle-values.js'

/** A file of an archive: the memory of one or several tensors. */
export class StoredMemory extends PickleExtra {
  readonly words = 'a storage'

  constructor(
    readonly key: string,
    /** Null for memory of no dtype of its own. */
    readonly dtype: DType | null,
    readonly bytes: number,
  ) {
    super()
  }
}

/** A tensor as a view of memory: element `offset + sum of index x stride`. */
export class StoredTensor extends PickleExtra {
  readonly words = 'a tensor'

  constructor(
    readonly memory: StoredMemory,
    readonly dtype: DType,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
    /** The memory holds the conjugates of the elements, or their negatives. */
    readonly marks: { readonly conjugated: boolean; readonly negated: boolean },
  ) {
    super()
  }
}

class DTypeName extends PickleExtra {
  readonly words = 'a dtype'

  constructor(readonly dtype: DType) {
    super()
  }
}

class MemoryClass extends PickleExtra {
  readonly words = 'a class of storages'

  constructor(readonly dtype: DType | null) {
    super()
  }
}

class KnownFunction extends PickleExtra {
  constructor(
    readonly words: string,
    readonly result: (values: readonly PickleValue[]) => PickleValue,
  ) {
    super()
  }
}

/** Bytes of an element, for the dtypes that tensors in files may have. */
export const elementBytes: ReadonlyMap<DType, number> = new Map<DType, number>([
  ...listed(1, 'bool', 'uint8', 'int8', 'float8_e4m3fn', 'float8_e5m2', 'float8_e8m0fnu'),
  ...listed(1, 'float8_e4m3fnuz', 'float8_e5m2fnuz', 'float4_e2m1fn_x2'),
  ...listed(2, 'float16', 'bfloat16', 'int16', 'uint16'),
  ...listed(4, 'float32', 'int32', 'uint32', 'complex32'),
  ...listed(8, 'float64', 'int64', 'uint64', 'complex64'),
  ...listed(16, 'complex128'),
])

const memoryClasses: ReadonlyMap<string, DType> = new Map<string, DType>([
  ['FloatStorage', 'float32'],
  ['DoubleStorage', 'float64'],
  ['HalfStorage', 'float16'],
  ['BFloat16Storage', 'bfloat16'],
  ['LongStorage', 'int64'],
  ['IntStorage', 'int32'],
  ['ShortStorage', 'int16'],
  ['CharStorage', 'int8'],
  ['ByteStorage', 'uint8'],
  ['BoolStorage', 'bool'],
  ['ComplexFloatStorage', 'complex64'],
  ['ComplexDoubleStorage', 'complex128'],
])

const functions: ReadonlyMap<string, KnownFunction> = new Map(
  [
    new KnownFunction('collections.OrderedDict', emptyDict),
    new KnownFunction('torch.Size', ([sizes]) => sizes ?? []),
    new KnownFunction('torch._utils._rebuild_tensor_v2', rebuildTensor),
    new KnownFunction('torch._utils._rebuild_tensor_v3', rebuildTensorOfDType),
    new KnownFunction('torch._utils._rebuild_parameter', rebuildParameter),
  ].map((known) => [known.words, known]),
)

/** What the pickles of torch.save may name: tensors and what they are rebuilt from, and nothing else. */
export const torchMeanings: PickleMeanings = { global, persistent, call }

function global(module: string, name: string): PickleExtra {
  const full = `${module}.${name}`
  const known = functions.get(full) ?? namedMemory(full) ?? namedDType(full)
  if (known !== undefined) return known
  throw new PickleFault(
    `the global ${quoted(full)}, which is not run`,
    `tensors, and plain data around them; in Python, save what state_dict() gives`,
  )
}

function namedMemory(full: string): MemoryClass | undefined {
  if (full === 'torch.storage.UntypedStorage') return new MemoryClass(null)
  const dtype = memoryClasses.get(full.replace(/^torch\./, ''))
  return dtype === undefined || !full.startsWith('torch.') ? undefined : new MemoryClass(dtype)
}

function namedDType(full: string): DTypeName | undefined {
  for (const dtype of elementBytes.keys()) {
    if (full === `torch.${dtype}`) return new DTypeName(dtype)
  }
  return undefined
}

function persistent(id: PickleValue): PickleExtra {
  const [kind, type, key, , count] = Array.isArray(id) ? id : []
  if (kind !== 'storage' || !(type instanceof MemoryClass) || typeof key !== 'string') {
    throw new PickleFault('a reference to something else', 'one to a storage')
  }
  const size = type.dtype === null ? 1 : (elementBytes.get(type.dtype) ?? 1)
  return new StoredMemory(key, type.dtype, wholeNumber(count) * size)
}

function call(callee: PickleValue, values: readonly PickleValue[]): PickleValue {
  if (callee instanceof KnownFunction) return callee.result(values)
  const words = callee instanceof PickleExtra ? callee.words : 'plain data'
  throw new PickleFault(`a call of ${words}`, 'one of a known function')
}

function emptyDict(values: readonly PickleValue[]): PickleDict {
  if (values.length === 0) return new PickleDict()
  throw new PickleFault('an OrderedDict made of values', 'an empty one, filled later')
}

/** (storage, offset, size, stride, requires_grad, hooks, marks) */
function rebuildTensor(values: readonly PickleValue[]): StoredTensor {
  const [memory, offset, shape, strides, , , marks] = values
  const dtype = memory instanceof StoredMemory ? memory.dtype : null
  return tensorOf(memory, dtype, offset, shape, strides, marks)
}

/** (storage, offset, size, stride, requires_grad, hooks, dtype, marks) */
function rebuildTensorOfDType(values: readonly PickleValue[]): StoredTensor {
  const [memory, offset, shape, strides, , , dtype, marks] = values
  return tensorOf(
    memory,
    dtype instanceof DTypeName ? dtype.dtype : null,
    offset,
    shape,
    strides,
    marks,
  )
}

/** (tensor, requires_grad, hooks) */
function rebuildParameter([tensor]: readonly PickleValue[]): StoredTensor {
  if (tensor instanceof StoredTensor) return tensor
  throw new PickleFault('a parameter of something else', 'one of a tensor')
}

function tensorOf(
  memory: PickleValue | undefined,
  dtype: DType | null,
  offset: PickleValue | undefined,
  shape: PickleValue | undefined,
  strides: PickleValue | undefined,
  marks: PickleValue | undefined,
): StoredTensor {
  if (!(memory instanceof StoredMemory) || dtype === null) {
    throw new PickleFault('a tensor without storage or dtype', 'both')
  }
  const sizes = wholeNumbers(shape)
  const steps = wholeNumbers(strides)
  const start = wholeNumber(offset)
  const last = sizes.reduce((sum, size, place) => sum + (size - 1) * (steps[place] ?? 0), start)
  const end = sizes.includes(0) ? 0 : (last + 1) * (elementBytes.get(dtype) ?? 1)
  if (sizes.length !== steps.length || !(end <= memory.bytes)) {
    throw new PickleFault(
      `a tensor [${sizes.join(', ')}] with strides [${steps.join(', ')}] from element ${start} of ${dtype}`,
      `one within its storage of ${memory.bytes} bytes`,
    )
  }
  return new StoredTensor(memory, dtype, start, sizes, steps, {
    conjugated: isMarked(marks, 'conj'),
    negated: isMarked(marks, 'neg'),
  })
}

function isMarked(marks: PickleValue | undefined, name: PickleKey): boolean {
  return marks instanceof PickleDict && marks.entries.get(name) === true
}

function wholeNumbers(values: PickleValue | undefined): number[] {
  if (!Array.isArray(values) || values.length > 64) {
    throw new PickleFault('something else', 'the sizes of at most 64 dimensions')
  }
  return values.map(wholeNumber)
}

function wholeNumber(value: PickleValue | undefined): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new PickleFault(typeof value === 'number' ? `${value}` : 'something else', 'a whole number')
}

function listed(bytes: number, ...dtypes: readonly DType[]): [DType, number][] {
  return dtypes.map((dtype) => [dtype, bytes])
}
