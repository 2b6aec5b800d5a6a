import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import {
  type DType,
  ones,
  ops,
  rand,
  Tensor,
  TorchError,
  type TypedArray,
  tensor,
  zeros,
} from './index.js'
import { itOnDevices } from './testing/devices.test.support.js'

it.each<[DType, TypedArray]>([
  ['float32', Float32Array.of(1.5, -2, 3e30)],
  ['float64', Float64Array.of(0.1, -2, 1e300)],
  ['int8', Int8Array.of(-128, 0, 127)],
  ['uint8', Uint8Array.of(0, 128, 255)],
  ['int16', Int16Array.of(-32768, 0, 32767)],
  ['uint16', Uint16Array.of(0, 1, 65535)],
  ['int32', Int32Array.of(-2147483648, 0, 2147483647)],
  ['uint32', Uint32Array.of(0, 1, 4294967295)],
  ['int64', BigInt64Array.of(-(2n ** 63n), 0n, 2n ** 63n - 1n)],
  ['uint64', BigUint64Array.of(0n, 1n, 2n ** 64n - 1n)],
])('%s comes from its typed array and goes back to it', (dtype, data) => {
  const made = tensor(data)
  expect(made.dtype).toBe(dtype)
  expect(made.shape).toEqual([3])
  expect(made.toTypedArray()).toEqual(data)
})

it.each<[DType, Uint16Array | Uint8Array, number[]]>([
  ['bfloat16', Uint16Array.of(0x3f80, 0xc000, 0x7f80), [1, -2, Number.POSITIVE_INFINITY]],
  ['float16', Uint16Array.of(0x3c00, 0xc000, 0x7bff), [1, -2, 65504]],
  ['bool', Uint8Array.of(0, 1, 1), [0, 1, 1]],
  ['float8_e4m3fn', Uint8Array.of(0x38, 0xc0, 0x7e), [1, -2, 448]],
])('%s comes from its bits and goes back to them', (dtype, bits, values) => {
  const made = tensor(bits, { dtype })
  expect(made.dtype).toBe(dtype)
  expect(made.toTypedArray()).toEqual(bits)
  expect(made.toNumbers()).toEqual(values)
})

it('numbers of another type are converted', () => {
  expect(tensor(Float32Array.of(1.9, -1.9), { dtype: 'int64' }).toTypedArray()).toEqual(
    BigInt64Array.of(1n, -1n),
  )
  expect(tensor(Float32Array.of(1, 2.5), { dtype: 'bfloat16' }).toNumbers()).toEqual([1, 2.5])
})

it('nested arrays keep their shape; numbers are float32, BigInts int64, booleans bool', () => {
  const nested = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ])
  expect([nested.dtype, nested.shape, nested.toNumbers()]).toEqual([
    'float32',
    [2, 3],
    [1, 2, 3, 4, 5, 6],
  ])
  expect(tensor([1n, 2n]).dtype).toBe('int64')
  expect(tensor([[true], [false]]).dtype).toBe('bool')
  expect(tensor(7).shape).toEqual([])
  expect(tensor([[], []]).shape).toEqual([2, 0])
  expect(tensor([1, 2, 3, 4], { shape: [2, 2], dtype: 'float64' }).toTypedArray()).toEqual(
    Float64Array.of(1, 2, 3, 4),
  )
})

it.each([
  ['an array that is shorter', [[1, 2], [3]]],
  ['a number among arrays', [[1, 2], 3]],
  ['an array among numbers', [1, [2]]],
])('%s is refused', (_, data) => {
  expect(() => tensor(data)).toThrow(
    expect.objectContaining({ _tag: 'TorchError', argument: 'data' }),
  )
})

it('a shape with another number of elements is refused', () => {
  expect(() => tensor(new Float32Array(5), { shape: [2, 3] })).toThrow(
    /5 elements; the shape \[2, 3\] has 6/,
  )
  expect(() => tensor(new Float32Array(0), { shape: [-1, 0] })).toThrow(/negative/)
})

it('arrays that hold themselves, and such as are too deep, are refused', () => {
  const cycle: unknown[] = []
  cycle.push(cycle)
  expect(() => Reflect.apply(tensor, null, [cycle])).toThrow(/nested more than 64 deep/)
})

it('an array whose memory has gone elsewhere is empty', () => {
  const data = new Float32Array(1 << 16).fill(1)
  const thief = Object.defineProperty([0], 0, {
    get() {
      structuredClone(data, { transfer: [data.buffer] })
      return 1 << 16
    },
  })
  expect(() => tensor(data, { shape: thief })).toThrow(TorchError)
  expect(data.length).toBe(0)
  expect(tensor(data).shape).toEqual([0])
  expect(() => zeros([1 << 16]).copyFrom(data)).toThrow(/0 elements/)
})

it('an array of a buffer that shrinks has what is left', () => {
  const buffer: ArrayBuffer = Reflect.construct(ArrayBuffer, [16, { maxByteLength: 32 }])
  const [following, beyond] = [new Float32Array(buffer), new Float32Array(buffer, 8, 2)]
  Reflect.apply(Reflect.get(buffer, 'resize'), buffer, [8])
  expect(tensor(following).shape).toEqual([2])
  expect(tensor(beyond).shape).toEqual([0])
  expect(() => zeros([2]).copyFrom(beyond)).toThrow(/0 elements/)
})

it('the array is copied, also out of shared memory', () => {
  const data = new Float32Array(new SharedArrayBuffer(8)).fill(3)
  const made = tensor(data)
  data.fill(4)
  expect(made.toNumbers()).toEqual([3, 3])
})

itOnDevices('values come out in logical order, whatever the strides', (device) => {
  const rows = tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3], device })
  expect(rows.t().toTypedArray()).toEqual(Float32Array.of(1, 4, 2, 5, 3, 6))
  const image = rand([2, 3, 4, 5], { device })
  const last = image.contiguous({ memoryFormat: 'channelsLast' })
  expect(last.strides).toEqual([60, 1, 15, 3])
  expect(last.toTypedArray()).toEqual(image.toTypedArray())
})

itOnDevices('copyFrom() takes values in logical order and converts them', (device) => {
  const last = zeros([1, 2, 2, 2], { device }).contiguous({ memoryFormat: 'channelsLast' })
  const values = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8)
  expect(last.copyFrom(values)).toBe(last)
  expect(last.toTypedArray()).toEqual(values)
  expect(
    zeros([2], { dtype: 'int32', device }).copyFrom(Float64Array.of(7.9, 8)).toNumbers(),
  ).toEqual([7, 8])
  expect(() => last.copyFrom(new Float32Array(7))).toThrow(/7 elements/)
  const parameter = ones([2])
  parameter.requiresGrad = true
  expect(parameter.copyFrom(Float32Array.of(5, 6)).isLeaf).toBe(true)
})

it('memory() is the tensor itself, and outlives it', () => {
  const made = zeros([2, 3])
  const [first, second] = [new Float32Array(made.memory()), new Float32Array(made.memory())]
  first[4] = 9
  expect(made.toNumbers()).toEqual([0, 0, 0, 0, 9, 0])
  made.add_(1)
  expect([...second]).toEqual([1, 1, 1, 1, 10, 1])
  made.dispose()
  expect([...first]).toEqual([1, 1, 1, 1, 10, 1])
})

it('memory() of a part is that part; of channels last, the order in memory', () => {
  const whole = tensor([1, 2, 3, 4, 5])
  expect([...new Float32Array(whole.narrow(0, 1, 3).memory())]).toEqual([2, 3, 4])
  const last = tensor([1, 2, 3, 4], { shape: [1, 2, 1, 2] }).contiguous({
    memoryFormat: 'channelsLast',
  })
  expect([...new Float32Array(last.memory())]).toEqual([1, 3, 2, 4])
  expect(zeros([0, 3]).memory().byteLength).toBe(0)
})

it('bytes that memory() gave away stay where they are', () => {
  const made = zeros([4])
  const bytes = new Float32Array(made.memory())
  expect(() => ops.aten.resize_(made, [1 << 20])).toThrow(/not resizable/)
  expect(ops.aten.resize_(made, [2]).add_(1).toNumbers()).toEqual([1, 1])
  expect([...bytes]).toEqual([1, 1, 0, 0])
})

it('memory() of a tensor that is elsewhere is refused', () => {
  expect(() => zeros([2], { device: 'meta' }).memory()).toThrow(/on the cpu/)
})

it('memory() of a tensor with gaps is refused', () => {
  expect(() => zeros([4, 4]).slice({ dim: 1, step: 2 }).memory()).toThrow(/dense/)
})

itOnDevices('item() is the only element as a number', (device) => {
  expect(tensor([[2.5]], { device }).item()).toBe(2.5)
  expect(tensor([true], { device }).item()).toBe(1)
  expect(tensor([2n ** 53n - 1n], { device }).item()).toBe(2 ** 53 - 1)
  expect(() => tensor([2n ** 53n + 1n], { device }).item()).toThrow(
    /9007199254740993.*toTypedArray/,
  )
  expect(() => tensor([1, 2], { device }).item()).toThrow(/2 elements/)
})

it('facts: shape, strides, dtype, device, dim, numel, byteLength', () => {
  const made = zeros([2, 3], { dtype: 'float64' })
  const { shape, strides, dtype, device, dim, numel, byteLength, isLeaf, disposed } = made
  expect({ shape, strides, dtype, device, dim, numel, byteLength, isLeaf, disposed }).toEqual({
    shape: [2, 3],
    strides: [3, 1],
    dtype: 'float64',
    device: 'cpu',
    dim: 2,
    numel: 6,
    byteLength: 48,
    isLeaf: true,
    disposed: false,
  })
  expect(inspect(made)).toBe('Tensor float64 [2, 3] cpu')
})

it('to() shares the memory when nothing changes, in a wrapper of its own', () => {
  const made = zeros([2])
  const same = made.to({ dtype: 'float32', device: 'cpu' })
  same.fill_(3)
  same.dispose()
  expect(made.toNumbers()).toEqual([3, 3])
  expect(made.to({ dtype: 'int16' }).toTypedArray()).toEqual(Int16Array.of(3, 3))
})

itOnDevices('toFloat32Array() converts', (device) => {
  expect(tensor([1n, 2n], { device }).toFloat32Array()).toEqual(Float32Array.of(1, 2))
  expect(tensor([0.5], { dtype: 'bfloat16', device }).toFloat32Array()).toEqual(
    Float32Array.of(0.5),
  )
})

itOnDevices('complex numbers come out as pairs, and not as numbers', (device) => {
  const made = tensor([1, 2, 3], { device }).to({ dtype: 'complex64' })
  expect(made.toTypedArray()).toEqual(Float32Array.of(1, 0, 2, 0, 3, 0))
  expect(() => made.toNumbers()).toThrow(/complex/)
})

it('a disposed tensor says so wherever it is used; disposing again does nothing', () => {
  const made = zeros([2])
  made.dispose()
  made.dispose()
  made[Symbol.dispose]()
  expect(made.disposed).toBe(true)
  expect(inspect(made)).toBe('Tensor (disposed)')
  const uses = [
    () => made.shape,
    () => made.item(),
    () => made.toTypedArray(),
    () => made.memory(),
    () => made.add(1),
    () => ones([2]).add(made),
    () => made.keep(),
    () => made.backward(),
    () => made.grad,
    () => made.copyFrom(new Float32Array(2)),
  ]
  for (const use of uses) expect(use).toThrow(expect.objectContaining({ kind: 'disposed' }))
})

it('`using` disposes', () => {
  let made: Tensor
  {
    using inside = zeros([2])
    made = inside
    expect(made.disposed).toBe(false)
  }
  expect(made.disposed).toBe(true)
})

it('an object that only looks like a tensor is refused', () => {
  const fake = Object.create(Tensor.prototype)
  expect(() => fake.shape).toThrow(
    expect.objectContaining({ _tag: 'TorchError', kind: 'argument' }),
  )
  expect(() => ones([2]).add(fake)).toThrow(/must be a Tensor of this thread/)
  expect(() => ones([2]).add(new Proxy(ones([2]), {}))).toThrow(/must be a Tensor of this thread/)
  expect(() => ones([2]).add(structuredClone(fake))).toThrow(/aten::add.Tensor/)
})
