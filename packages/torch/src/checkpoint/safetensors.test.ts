import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type DType,
  memory,
  randn,
  readSafetensors,
  readSafetensorsHeader,
  type Tensor,
  TorchError,
  tensor,
  writeSafetensors,
  zeros,
} from '../index.js'
import { askPyTorch, differing } from '../testing/pytorch.test.support.js'

let folder = ''
beforeAll(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'phenoprint-safetensors-'))
})
afterAll(() => fs.rmSync(folder, { recursive: true }))

const dtypes: readonly DType[] = [
  ...(['float64', 'float32', 'float16', 'bfloat16', 'float8_e4m3fn', 'float8_e5m2'] as const),
  ...(['int64', 'int32', 'int16', 'int8', 'uint8', 'uint16', 'uint32', 'uint64', 'bool'] as const),
]

function oneOfEach(): Map<string, Tensor> {
  const source = randn([3, 4]).mul(3)
  const entries = dtypes.map((dtype): [string, Tensor] => [dtype, source.abs().to({ dtype })])
  return new Map([
    ...entries,
    ['empty', zeros([0, 5])],
    ['scalar', tensor(2.5)],
    ['transposed', source.transpose(0, 1)],
  ])
}

describe('Python and Phenoprint', () => {
  it('read what the other wrote, every dtype to the bit', () => {
    const ours = oneOfEach()
    const [theirs = new Map<string, Tensor>()] = askPyTorch(['out = d'], ours)
    expect(theirs.size).toBe(ours.size)
    expect(differing(ours, theirs)).toEqual([])
    expect(theirs.get('empty')?.shape).toEqual([0, 5])
  })
})

it('writes the same bytes for the same tensors in any order, and keeps metadata', () => {
  const tensors = oneOfEach()
  const [a, b] = [join(folder, 'a'), join(folder, 'b')]
  writeSafetensors(a, tensors, { epoch: '3', about: 'test' })
  writeSafetensors(b, new Map([...tensors].reverse()), { about: 'test', epoch: '3' })
  expect(fs.readFileSync(a).equals(fs.readFileSync(b))).toBe(true)
  expect({ ...readSafetensors(a).metadata }).toEqual({ epoch: '3', about: 'test' })
  expect(readSafetensorsHeader(a).tensors).toHaveLength(tensors.size)
  expect(fs.readdirSync(folder).sort()).toEqual(['a', 'b'])
})

/** A file with this header text and so many bytes after it. */
function hostile(header: string | Uint8Array, bytes: number, length?: number): string {
  const path = join(folder, 'hostile')
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(BigInt(length ?? text.length))
  fs.writeFileSync(path, Buffer.concat([prefix, text, Buffer.alloc(bytes)]))
  return path
}

function short(text: string): string {
  const path = join(folder, 'short')
  fs.writeFileSync(path, text)
  return path
}

const entry = (extra: object) =>
  JSON.stringify({ t: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...extra } })

describe('a damaged or hostile file is refused', () => {
  it.each<[string, () => string, RegExp]>([
    ['missing', () => join(folder, 'nowhere'), /cannot be opened/],
    ['shorter than its length', () => short('abc'), /3 bytes/],
    ['a header beyond the end', () => hostile('{}', 0, 1000), /cut off/],
    ['a header of petabytes', () => hostile('{}', 0, 2 ** 50), /at most 100000000/],
    ['no JSON', () => hostile('{"t":', 0), /not JSON/],
    ['no UTF-8', () => hostile(new Uint8Array([0xff, 0xfe]), 0), /not UTF-8/],
    ['a list', () => hostile('[]', 0), /not a JSON object/],
    ['an unknown dtype', () => hostile(entry({ dtype: 'F99' }), 8), /unknown dtype "F99"/],
    ['a negative size', () => hostile(entry({ shape: [-2] }), 8), /has the shape \[-2\]/],
    ['a size that overflows', () => hostile(entry({ shape: [2 ** 40, 2 ** 40] }), 8), /expected/],
    [
      'offsets of another length',
      () => hostile(entry({ data_offsets: [0, 9] }), 9),
      /expected 8 bytes/,
    ],
    ['a gap', () => hostile(entry({ data_offsets: [8, 16] }), 16), /begins at byte 8, expected 0/],
    [
      'too few bytes',
      () => hostile(entry({}), 7),
      /got 7 bytes of tensors, expected 8: the file is cut off/,
    ],
    ['too many bytes', () => hostile(entry({}), 9), /got 9 bytes of tensors, expected 8/],
    [
      'metadata that is no text',
      () => hostile('{"__metadata__":{"a":1}}', 0),
      /__metadata__\.a is not a string/,
    ],
    [
      'a name twice',
      () =>
        hostile(
          '{"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
          1,
        ),
      /names "t" twice/,
    ],
    [
      'tensors that overlap',
      () =>
        hostile(
          '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}',
          3,
        ),
      /"b" begins at byte 1, expected 2/,
    ],
  ])('%s', (_, make, message) => {
    const live = memory.live().tensors
    const path = make()
    expect(() => readSafetensors(path)).toThrow(TorchError)
    expect(() => readSafetensors(path)).toThrow(message)
    expect(() => readSafetensors(path)).toThrow(path)
    expect(memory.live().tensors).toBe(live)
  })

  it('a name like __proto__ is a name', () => {
    const path = hostile('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1)
    expect([...readSafetensors(path).tensors.keys()]).toEqual(['__proto__'])
  })

  it('whatever single byte is wrong: it reads, or says TorchError, and leaks nothing', () => {
    const path = join(folder, 'good')
    writeSafetensors(
      path,
      new Map([
        ['w', zeros([4, 3])],
        ['b', zeros([4])],
      ]),
      { k: 'v' },
    )
    const good = fs.readFileSync(path)
    const live = memory.live().tensors
    let refused = 0
    for (let at = 0; at < good.length; at++) {
      for (const flip of [0x01, 0x20, 0x80]) {
        const bad = Buffer.from(good)
        bad[at] = (bad[at] ?? 0) ^ flip
        fs.writeFileSync(path, bad)
        try {
          for (const value of readSafetensors(path).tensors.values()) value.dispose()
        } catch (error) {
          expect(error).toBeInstanceOf(TorchError)
          refused++
        }
      }
    }
    expect(refused).toBeGreaterThan(200)
    expect(memory.live().tensors).toBe(live)
  })
})

it('leaves the old file when writing fails', () => {
  const path = join(folder, 'kept')
  writeSafetensors(path, new Map([['w', zeros([2])]]))
  const before = fs.readFileSync(path)
  const gone = zeros([2])
  gone.dispose()
  expect(() => writeSafetensors(path, new Map([['w', gone]]))).toThrow(TorchError)
  expect(fs.readFileSync(path).equals(before)).toBe(true)
  expect(fs.readdirSync(folder).some((name) => name.endsWith('.tmp'))).toBe(false)
})
