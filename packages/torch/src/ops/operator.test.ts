import { describe, expect, it } from 'vitest'
import {
  aten,
  type ComplexScalar,
  complex,
  type DType,
  float,
  Generator,
  ones,
  ops,
  rand,
  Tensor,
  TorchError,
  tensor,
  zeros,
} from '../index.js'
import { camelCase, operator } from './operator.js'

function failure(work: () => unknown): TorchError {
  try {
    work()
  } catch (error) {
    if (error instanceof TorchError) return error
    throw error
  }
  throw new Error('it did not fail')
}

describe('an operator that is not there', () => {
  it('is a fault of the caller, but of ours alone one of native code that is older', () => {
    const other = failure(() => operator<() => unknown>('aten::no_such', '')())
    expect(other).toMatchObject({ kind: 'argument' })
    const ours = failure(() => operator<() => unknown>('phenoprint::no_such', '')())
    expect(ours).toMatchObject({ kind: 'engine', operator: 'phenoprint::no_such' })
    expect(ours.message).toMatch(/native code has no phenoprint::no_such.*Run: npm run setup$/)
  })
})

describe('arguments', () => {
  const x = tensor([
    [1, 2],
    [3, 4],
  ])

  it('are given by place, by the schema’s name or in camelCase', () => {
    const expected = [2, 4, 6, 8]
    expect(ops.aten.add.Tensor(x, x, 1).toNumbers()).toEqual(expected)
    expect(ops.aten.add.Tensor(x, { other: x }).toNumbers()).toEqual(expected)
    const cl = { memory_format: 'channelsLast' }
    expect(ops.aten.contiguous(zeros([1, 2, 2, 2]), cl).strides).toEqual([8, 1, 4, 2])
    expect(zeros([1, 2, 2, 2]).contiguous({ memoryFormat: 'channelsLast' }).strides).toEqual([
      8, 1, 4, 2,
    ])
  })

  it('left out or undefined are the schema’s default', () => {
    expect(x.sum({ dim: undefined, keepdim: undefined }).item()).toBe(10)
    expect(ops.aten.sum.dim_IntList(x, undefined).item()).toBe(10)
  })

  it('that do not exist, or are given twice, are refused', () => {
    const unknown = failure(() => ops.aten.add.Tensor(x, x, { alhpa: 1 }))
    expect(unknown).toMatchObject({
      operator: 'aten::add.Tensor',
      argument: 'alhpa',
      kind: 'argument',
    })
    expect(unknown.message).toMatch(/self, other, alpha/)
    expect(failure(() => ops.aten.add.Tensor(x, x, { other: x })).message).toMatch(/twice/)
    expect(failure(() => ops.aten.add.Tensor(x, x, 1, 2)).message).toMatch(
      /4 values; the operator takes 3/,
    )
  })

  it('that are missing are named with their type', () => {
    expect(failure(() => ops.aten.add.Tensor(x))).toMatchObject({
      operator: 'aten::add.Tensor',
      argument: 'other',
      shapes: { self: [2, 2] },
    })
  })

  it('of an operator that does not exist: its overloads are listed', () => {
    expect(failure(() => operator('aten::add', 'Tensr')(x as never, x as never)).message).toMatch(
      /Overloads of aten::add: .*Scalar/,
    )
    expect(failure(() => operator('aten::ad', '')()).message).toMatch(/no operator aten::ad\b/)
  })
})

describe('values by the schema’s types', () => {
  const x = tensor([1, 2, 3])

  it('numbers are integers when whole, floating by float(), complex by complex()', () => {
    const dtypes = [1, float(1), 1.5, 1n, true, complex(1, 2), -0].map(
      (value) => aten.full([1], value).dtype,
    )
    expect(dtypes).toEqual<DType[]>([
      'int64',
      'float32',
      'float32',
      'int64',
      'bool',
      'complex64',
      'float32',
    ])
  })

  it('a number in a Tensor’s place does not widen the dtype', () => {
    const half = tensor([1, 2], { dtype: 'bfloat16' })
    expect([half.add(2).dtype, half.mul(0.5).dtype, tensor([1n]).add(1).dtype]).toEqual([
      'bfloat16',
      'bfloat16',
      'int64',
    ])
    expect(tensor([1n]).mul(0.5).dtype).toBe('float32')
  })

  it('dtypes, layouts, devices and memory formats are strings', () => {
    const made = aten.empty([1, 2, 3, 3], {
      dtype: 'float64',
      layout: 'strided',
      device: 'cpu',
      memoryFormat: 'channelsLast',
    })
    expect([made.dtype, made.device, made.strides]).toEqual(['float64', 'cpu', [18, 1, 6, 2]])
    expect(failure(() => ops.aten.zeros([1], { dtype: 'float23' })).message).toMatch(
      /"dtype" must be one of .*float32/,
    )
    expect(failure(() => ops.aten.zeros([1], { device: 'abacus' })).message).toMatch(
      /"device" must be a device such as cpu/,
    )
    expect(failure(() => ops.aten.zeros([1], { layout: 'wild' })).message).toMatch(/strided/)
  })

  it('lists: of integers, one for all, typed arrays, floats, booleans, tensors, and tensors with gaps', () => {
    const image = rand([1, 1, 4, 4])
    const weight = ones([1, 1, 2, 2])
    expect(aten.conv2d(image, weight, { stride: 2 }).shape).toEqual([1, 1, 2, 2])
    expect(aten.conv2d(image, weight, { stride: [2, 1] }).shape).toEqual([1, 1, 2, 3])
    expect(ops.aten.zeros(Int32Array.of(2, 3)).shape).toEqual([2, 3])
    expect(ops.aten.upsample_nearest2d.vec(image, null, [2, 2]).shape).toEqual([1, 1, 8, 8])
    expect(aten.cat([x, x]).toNumbers()).toEqual([1, 2, 3, 1, 2, 3])
    expect(
      x
        .reshape([3, 1])
        .index([null, tensor([0n])])
        .toNumbers(),
    ).toEqual([1, 2, 3])
    const [, gradient] = aten.convolutionBackward(
      ones([1, 1, 3, 3]),
      image,
      weight,
      null,
      [1, 1],
      [0, 0],
      [1, 1],
      false,
      [0, 0],
      1,
      [false, true, false],
    )
    expect(gradient.shape).toEqual([1, 1, 2, 2])
  })

  it('an undefined result is null', () => {
    const [none] = aten.convolutionBackward(
      ones([1, 1, 3, 3]),
      rand([1, 1, 4, 4]),
      ones([1, 1, 2, 2]),
      null,
      [1, 1],
      [0, 0],
      [1, 1],
      false,
      [0, 0],
      1,
      [false, true, false],
    )
    expect(none).toBeNull()
  })

  it('generators', () => {
    const draw = (seed: number) =>
      aten.randGenerator([3], { generator: new Generator({ seed }) }).toNumbers()
    expect(draw(5)).toEqual(draw(5))
    expect(draw(5)).not.toEqual(draw(6))
    expect(failure(() => ops.aten.rand.generator([3], { generator: x })).message).toMatch(
      /"generator" must be a Generator/,
    )
  })

  it('results: tensors, lists, tuples, numbers, booleans, complex numbers, strings, and nothing', () => {
    expect(x.unbind()).toHaveLength(3)
    expect(
      x
        .reshape([1, 3])
        .maxDim(1)
        .map((each) => each.toNumbers()),
    ).toEqual([[3], [2]])
    expect(ops.aten.size.int<number>(x, 0)).toBe(3)
    expect(x.equal(tensor([1, 2, 3]))).toBe(true)
    expect(ops.aten.item<number>(tensor([2.5]))).toBe(2.5)
    expect(ops.aten.item<bigint>(tensor([2n ** 60n]))).toBe(2n ** 60n)
    expect(ops.aten.item<ComplexScalar>(aten.full([1], complex(1, 2)))).toEqual({ re: 1, im: 2 })
    expect(aten._foreachAdd_([x.clone()], [x])).toBeUndefined()
  })

  it.each<[string, unknown, RegExp]>([
    ['a string for a tensor', 'x', /"other" must be a Tensor of this thread, not the string "x"/],
    ['null for a tensor', null, /"other" must be a Tensor of this thread, not null/],
    ['an object for a tensor', new Map(), /"other" must be a Tensor/],
    ['a symbol for a tensor', Symbol('x'), /not a symbol/],
    ['a function for a tensor', () => 1, /not a function/],
    ['a BigInt past 64 bits for a tensor', 2n ** 64n, /does not fit into 64 bits/],
  ])('%s is refused', (_, value, message) => {
    const error = failure(() => ops.aten.add.Tensor(x, value))
    expect(error.message).toMatch(message)
    expect(error).toMatchObject({
      kind: 'argument',
      operator: 'aten::add.Tensor',
      argument: 'other',
    })
  })

  it.each<[string, () => unknown, RegExp]>([
    [
      'a fraction for an integer',
      () => ops.aten.unsqueeze(x, 0.5),
      /"dim" must be a whole number.*0.5/,
    ],
    ['a number too large for an integer', () => ops.aten.unsqueeze(x, 2 ** 60), /below 2\^53/],
    ['NaN for an integer', () => ops.aten.unsqueeze(x, Number.NaN), /whole number/],
    [
      'a string for a boolean',
      () => ops.aten.dropout(x, 0.5, 'yes'),
      /"train" must be true or false/,
    ],
    ['a number for a string', () => ops.aten.einsum(1, [x]), /"equation" must be a string/],
    ['a number for a list of tensors', () => ops.aten.cat(1), /"tensors" must be an array/],
    ['a number in a list of tensors', () => ops.aten.cat([x, 1]), /"tensors" must be a Tensor/],
    [
      'an object for a Scalar',
      () => ops.aten.full([1], new Map()),
      /"fill_value" must be a number/,
    ],
  ])('%s is refused', (_, work, message) => {
    const error = failure(work)
    expect(error.message).toMatch(message)
    expect(error.kind).toBe('argument')
  })

  it('an exception of a getter in an array is passed on as it is', () => {
    const trap = Object.defineProperty([1, 2], 1, {
      get() {
        throw new RangeError('mine')
      },
    })
    expect(() => ops.aten.zeros(trap)).toThrow(new RangeError('mine'))
  })
})

describe('faults', () => {
  it('of libtorch have the operator, the shapes, and its words', () => {
    const error = failure(() => zeros([2, 3]).mm(zeros([2, 3])))
    expect(error).toMatchObject({
      _tag: 'TorchError',
      name: 'TorchError',
      kind: 'operator',
      operator: 'aten::mm',
    })
    expect(error.shapes).toEqual({ self: [2, 3], mat2: [2, 3] })
    expect(error.message).toMatch(
      /^torch: aten::mm: .*cannot be multiplied.* Got self \[2, 3\], mat2 \[2, 3\]\.$/s,
    )
    expect(error.stack).toMatch(/operator\.test/)
  })

  it('name the tensors of lists', () => {
    expect(failure(() => aten.cat([zeros([2, 3]), zeros([3, 2])])).shapes).toEqual({
      'tensors[0]': [2, 3],
      'tensors[1]': [3, 2],
    })
  })

  it('of memory are told apart', () => {
    expect(failure(() => zeros([2 ** 40, 2 ** 10])).kind).toBe('memory')
  })

  it('leave the binding usable', () => {
    failure(() => zeros([2, 3]).mm(zeros([2, 3])))
    expect(ones([2]).sum().item()).toBe(2)
  })
})

describe('operators that write', () => {
  it('return the tensor they were given, the same object', () => {
    const x = ones([2])
    expect(x.add_(1)).toBe(x)
    const out = zeros([2])
    expect(ops.aten.add.out(x, x, { out })).toBe(out)
    expect(out.toNumbers()).toEqual([4, 4])
    expect(ops.aten.set_.source_Tensor(out, x)).toBe(out)
  })

  it('but others return an object of their own, also for the same tensor', () => {
    const x = ones([2])
    expect(x.contiguous()).not.toBe(x)
    expect(x.contiguous()).toBeInstanceOf(Tensor)
  })
})

it('camelCase keeps underscores at the ends', () => {
  expect(
    ['memory_format', '_fused_adam_', 'conv2d', 'mul_', 'log_softmax', '__and__', 'dim0'].map(
      camelCase,
    ),
  ).toEqual(['memoryFormat', '_fusedAdam_', 'conv2d', 'mul_', 'logSoftmax', '__and__', 'dim0'])
})
