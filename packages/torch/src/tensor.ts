import { inspect } from 'node:util'
import { native, provideTensor } from './addon.js'
import type { Device, DType, MemoryFormat, TypedArray } from './dtype.js'
import { TorchError } from './errors.js'
import { operator } from './ops/operator.js'

const convert: (tensor: Tensor, options: ToOptions & { copy?: boolean }) => Tensor = operator(
  'aten::to',
  'dtype_layout',
)
const detach: (tensor: Tensor) => Tensor = operator('aten::detach', '')

/** What {@link Tensor.to} changes; what is left out stays. */
export interface ToOptions {
  readonly dtype?: DType | undefined
  readonly device?: Device | undefined
  /** Returns before a copy between devices is done. */
  readonly nonBlocking?: boolean | undefined
  readonly memoryFormat?: MemoryFormat | undefined
}

/**
 * A tensor of libtorch. Operators make them; `tensor()` makes one from JavaScript's numbers.
 *
 * Its memory is freed by {@link Tensor.dispose}, or by the end of the `tidy()` it was made in, or, as
 * the last resort, by the garbage collector, which does not run inside a synchronous loop. Everything
 * but `disposed`, `dispose()` and printing throws a TorchError once it is freed.
 */
export class Tensor {
  /** Tensors come from operators and from `tensor()`. */
  private constructor() {}

  get shape(): readonly number[] {
    return native().shape(this)
  }

  /** Elements to step over for one step along each dimension. */
  get strides(): readonly number[] {
    return native().strides(this)
  }

  get dtype(): DType {
    return native().dtype(this)
  }

  get device(): Device {
    return native().device(this)
  }

  /** The number of dimensions. */
  get dim(): number {
    return native().dimensions(this)
  }

  /** The number of elements. */
  get numel(): number {
    return native().elements(this)
  }

  /** Of its elements; those of the storage behind a view may be more. */
  get byteLength(): number {
    return native().bytes(this)
  }

  get disposed(): boolean {
    return native().isDisposed(this)
  }

  /** Not the result of an operator that autograd recorded. */
  get isLeaf(): boolean {
    return native().isLeaf(this)
  }

  get requiresGrad(): boolean {
    return native().getRequiresGrad(this)
  }

  set requiresGrad(required: boolean) {
    native().setRequiresGrad(this, required)
  }

  /** The gradient that backward() has summed up, in a fresh wrapper; null when there is none. */
  get grad(): Tensor | null {
    return native().getGrad<Tensor>(this)
  }

  set grad(gradient: Tensor | null) {
    native().setGrad(this, gradient)
  }

  /**
   * The only element as a number; true is 1.
   *
   * @throws {TorchError} when there are more or fewer, or when a number cannot hold it.
   */
  item(): number {
    return native().item(this)
  }

  /**
   * A copy of the values in contiguous order, from whatever device and strides.
   *
   * int64 as BigInt64Array; float16 and bfloat16 as the bits in a Uint16Array, bool and float8 in a
   * Uint8Array; complex64 and complex128 as pairs in a Float32Array and a Float64Array.
   */
  toTypedArray(): TypedArray {
    return native().toTypedArray(this)
  }

  /** A flat copy of the values as numbers; int64 loses what is beyond 2^53. */
  toNumbers(): number[] {
    return Array.from(this.#converted('float64'), Number)
  }

  /** A flat copy of the values, converted to float32. */
  toFloat32Array(): Float32Array {
    const values = this.#converted('float32')
    return values instanceof Float32Array ? values : Float32Array.from(values, Number)
  }

  #converted(dtype: DType): TypedArray {
    if (this.dtype.startsWith('complex')) {
      throw new TorchError(`torch: ${this} is complex: take its real or imaginary part first`, {
        kind: 'argument',
        argument: 'this',
      })
    }
    const converted = convert(this, { dtype, device: 'cpu' })
    try {
      return converted.toTypedArray()
    } finally {
      converted.dispose()
    }
  }

  /**
   * Overwrites the values, given in contiguous order; autograd does not record it.
   *
   * @param data as many elements; of another type they are converted, but a Uint16Array is the bits of
   *   float16 or bfloat16, and a Uint8Array those of bool.
   */
  copyFrom(data: TypedArray): this {
    native().copyFrom(this, data)
    return this
  }

  /**
   * The tensor's own bytes, for code that fills or reads them without a copy. They stay valid as long
   * as the buffer is reachable, also after dispose().
   *
   * @throws {TorchError} unless it is on the CPU and dense: contiguous, or channels last.
   */
  memory(): ArrayBuffer {
    return native().memory(this)
  }

  /**
   * Adds to `grad` of every leaf the gradient of this tensor.
   *
   * @param gradient of the result by this tensor, of its shape; may be left out for one element.
   */
  backward(
    gradient: Tensor | null = null,
    {
      retainGraph = false,
      createGraph = false,
    }: { retainGraph?: boolean; createGraph?: boolean } = {},
  ): void {
    native().backward(this, gradient, retainGraph || createGraph, createGraph)
  }

  /** A tensor with the same memory that autograd does not follow. */
  detach(): Tensor {
    return detach(this)
  }

  /** A tensor of another dtype, device or memory format; one that shares this one's memory when nothing changes. */
  to(options: ToOptions): Tensor {
    return convert(this, options)
  }

  /** Frees it now, whoever else has the wrapper; a second time does nothing. */
  dispose(): void {
    native().dispose(this)
  }

  [Symbol.dispose](): void {
    native().dispose(this)
  }

  /** Takes it out of every tidy(): it lives until dispose(). For parameters and optimisers' state. */
  keep(): this {
    native().keep(this)
    return this
  }

  toString(): string {
    if (this.disposed) return 'Tensor (disposed)'
    return `Tensor ${this.dtype} [${this.shape.join(', ')}] ${this.device}`
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

provideTensor(Tensor)

/** Whether a value is a Tensor of this thread, disposed or not. */
export function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor
}
