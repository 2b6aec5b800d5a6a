import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory, readSafetensors, TorchError, tensor, writeSafetensors, zeros } from '../index.js'
import { mutations } from '../testing/mutations.test.support.js'

let folder = ''
beforeAll(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'phenoprint-hostile-'))
})
afterAll(() => fs.rmSync(folder, { recursive: true }))

/** A file with this header and so many bytes behind it. */
function file(header: string | Uint8Array, bytes: number, length?: number | bigint): string {
  const path = join(folder, 'hostile')
  const text = typeof header === 'string' ? Buffer.from(header) : header
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(BigInt(length ?? text.length))
  fs.writeFileSync(path, Buffer.concat([prefix, text, Buffer.alloc(bytes)]))
  return path
}

const entry = (changes: object = {}) =>
  JSON.stringify({ t: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...changes } })
const byte = (name: string, begin = 0, end = begin + 1) =>
  `"${name}":{"dtype":"U8","shape":[${end - begin}],"data_offsets":[${begin},${end}]}`

/** Each: what is wrong, a file of it, and what the error says besides the path. */
const hostile: readonly [string, () => string, RegExp][] = [
  ['no file', () => join(folder, 'nowhere'), /cannot be opened: ENOENT.*Check the path/],
  ['a folder', () => folder, /the path: got a folder, expected a file/],
  [
    'less than a length',
    () => {
      const path = join(folder, 'short')
      fs.writeFileSync(path, 'abc')
      return path
    },
    /the file: got 3 bytes, expected at least 8/,
  ],
  [
    'a header beyond the end',
    () => file('{}', 0, 1000),
    /got 10 bytes, expected 1008 with its header/,
  ],
  [
    'a header above the limit',
    () => file('{}', 0, 100_000_001),
    /got 100000001 bytes, expected at most 100000000/,
  ],
  [
    'a header of 2^64 - 1 bytes',
    () => file('{}', 0, 2n ** 64n - 1n),
    /got 18446744073709551615 bytes/,
  ],
  ['a header of nothing', () => file('', 4), /got its end at character 0, expected an object/],
  [
    'a header without an end',
    () => file('{"t":', 0),
    /got its end at character 5, expected an object/,
  ],
  ['a string without an end', () => file('{"t', 0), /got a string without an end/],
  ['bytes that are not UTF-8', () => file(new Uint8Array([0x7b, 0xff, 0x7d]), 0), /not UTF-8/],
  ['a byte order mark', () => file('\ufeff{}', 0), /expected an object/],
  ['a list', () => file('[]', 0), /expected an object/],
  ['null', () => file('null', 0), /expected an object/],
  ['something behind the header', () => file('{}{}', 0), /expected nothing more/],
  ['a comma too many', () => file('{"__metadata__":{},}', 0), /expected a string/],
  ['half a character', () => file(`{${byte('\\ud83d')}}`, 1), /character that JSON does not allow/],
  ['a control character', () => file(`{${byte('\n')}}`, 1), /character that JSON does not allow/],
  ['an unknown dtype', () => file(entry({ dtype: 'F99' }), 8), /"t": got the unknown dtype "F99"/],
  ['a dtype that libtorch has not', () => file(entry({ dtype: 'F6_E2M3' }), 8), /unknown dtype/],
  ['a number for a dtype', () => file(entry({ dtype: 7 }), 8), /got "7,.*expected a string/],
  ['no dtype', () => file(entry({ dtype: undefined }), 8), /"t": got an incomplete entry/],
  ['no shape', () => file(entry({ shape: undefined }), 8), /"t": got an incomplete entry/],
  ['no offsets', () => file(entry({ data_offsets: undefined }), 8), /"t": got an incomplete entry/],
  ['one offset', () => file(entry({ data_offsets: [0] }), 8), /"t": got an incomplete entry/],
  ['three offsets', () => file(entry({ data_offsets: [0, 8, 9] }), 8), /at most 2 numbers/],
  ['an unknown key', () => file(entry({ strides: [1] }), 8), /got the key "strides" of "t"/],
  ['an entry that is a list', () => file('{"t":[]}', 0), /expected an object/],
  ['a negative size', () => file(entry({ shape: [-2] }), 8), /expected a whole number from 0/],
  [
    'a fraction of a size',
    () => file(entry({ shape: [2.5] }), 8),
    /expected a whole number from 0/,
  ],
  ['a size with an exponent', () => file('{"t":{"shape":[1e3]}}', 8), /expected a whole number/],
  ['a size beyond 2^53', () => file('{"t":{"shape":[9007199254740993]}}', 8), /a whole number/],
  [
    'a product that overflows',
    () => file(entry({ shape: [2 ** 40, 2 ** 40] }), 8),
    /expected a whole number of bytes/,
  ],
  [
    'a product that overflows before it is 0',
    () => file(entry({ shape: [2 ** 50, 2 ** 50, 0], data_offsets: [0, 0] }), 0),
    /expected a whole number of bytes/,
  ],
  ['too many dimensions', () => file(entry({ shape: Array(65).fill(1) }), 8), /at most 64 numbers/],
  [
    'half a byte',
    () => file(entry({ dtype: 'F4', shape: [3], data_offsets: [0, 1] }), 1),
    /a whole number of bytes/,
  ],
  [
    'halves of bytes over rows',
    () => file(entry({ dtype: 'F4', shape: [2, 3], data_offsets: [0, 3] }), 3),
    /"t": got 3 bytes/,
  ],
  [
    'too many bytes for the shape',
    () => file(entry({ data_offsets: [0, 9] }), 9),
    /got 9 bytes, from 0 to 9, expected 8 bytes for F32 \[2\]/,
  ],
  ['an end before the begin', () => file(entry({ data_offsets: [8, 0] }), 8), /got -8 bytes/],
  [
    'a gap',
    () => file(entry({ data_offsets: [8, 16] }), 16),
    /"t" begins: got at byte 8, expected 0/,
  ],
  [
    'too few bytes',
    () => file(entry(), 7),
    /tensors: got 7 bytes, expected 8: the file is cut off/,
  ],
  ['too many bytes', () => file(entry(), 9), /tensors: got 9 bytes, expected 8/],
  ['bytes of no tensor', () => file('{}', 1), /tensors: got 1 bytes, expected 0/],
  [
    'offsets beyond the end',
    () => file(entry({ shape: [2 ** 40], data_offsets: [0, 2 ** 42] }), 8),
    /the file is cut off/,
  ],
  [
    'tensors that overlap',
    () => file(`{${byte('a', 0, 2)},${byte('b', 1, 3)}}`, 3),
    /"b" begins: got at byte 1, expected 2/,
  ],
  [
    'two tensors in one place',
    () => file(`{${byte('a')},${byte('b')}}`, 1),
    /"b" begins: got at byte 0, expected 1/,
  ],
  ['a name twice', () => file(`{${byte('a')},${byte('a', 1)}}`, 2), /got the key "a" twice/],
  [
    'a name twice, written otherwise',
    () => file(`{${byte('a')},${byte('\\u0061', 1)}}`, 2),
    /"a" twice/,
  ],
  [
    'a dtype twice',
    () => file('{"t":{"dtype":"U8","dtype":"U8"}}', 1),
    /got the key "dtype" twice/,
  ],
  [
    'metadata twice',
    () => file('{"__metadata__":{},"__metadata__":{}}', 0),
    /"__metadata__" twice/,
  ],
  ['a key of the metadata twice', () => file('{"__metadata__":{"a":"","a":""}}', 0), /"a" twice/],
  ['metadata that is no text', () => file('{"__metadata__":{"a":1}}', 0), /expected a string/],
  ['metadata that is a list', () => file('{"__metadata__":[]}', 0), /expected an object/],
  ['__proto__', () => file(`{${byte('__proto__')}}`, 1), /a name: got "__proto__"/],
  ['__proto__ on a path', () => file(`{${byte('a.__proto__.b')}}`, 1), /no path to a prototype/],
  [
    'constructor.prototype',
    () => file(`{${byte('constructor.prototype')}}`, 1),
    /no path to a prototype/,
  ],
  [
    '__proto__ in the metadata',
    () => file('{"__metadata__":{"__proto__":"x"}}', 0),
    /a name: got "__proto__"/,
  ],
  ['depth without end', () => file('{"t":'.repeat(500_000), 0), /expected dtype, shape or/],
]

describe('refuses', () => {
  it.each(hostile)('%s', (_, make, message) => {
    const live = memory.live().tensors
    const path = make()
    let error: unknown
    try {
      readSafetensors(path)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(TorchError)
    expect(error).toMatchObject({ kind: 'checkpoint', message: expect.stringMatching(message) })
    expect(error).toMatchObject({ message: expect.stringContaining(`checkpoint ${path}: `) })
    expect(memory.live().tensors).toBe(live)
  })
})

it('takes what only looks odd', () => {
  const path = file(
    ` {\n"__metadata__":{}\t, ${byte('constructor')} , "é\\u00e9":{"shape":[],"data_offsets":[1,2],"dtype":"I8"}}  `,
    2,
  )
  const { tensors } = readSafetensors(path)
  expect([...tensors.keys()]).toEqual(['constructor', 'éé'])
  expect(tensors.get('éé')?.shape).toEqual([])
})

it('reads a mutated file, or refuses it as a checkpoint, and leaks nothing', () => {
  const path = join(folder, 'mutated')
  const tensors = new Map([
    ['features.0.weight', zeros([4, 3])],
    ['features.0.bias', zeros([4])],
    ['count', tensor([7n])],
  ])
  writeSafetensors(path, tensors, { format: 'pt', epoch: '12' })
  const good = fs.readFileSync(path)
  const live = memory.live().tensors
  const outcomes = { read: 0, refused: 0 }
  for (const bad of mutations(good, { seed: 2026, count: 2500 })) {
    fs.writeFileSync(path, bad)
    try {
      const read = readSafetensors(path)
      for (const value of read.tensors.values()) value.dispose()
      outcomes.read++
    } catch (error) {
      if (!(error instanceof TorchError) || error.kind !== 'checkpoint') throw error
      outcomes.refused++
    }
  }
  expect(memory.live().tensors).toBe(live)
  // Values and names may change unseen; lengths, offsets and JSON may not.
  expect(outcomes.read).toBeGreaterThan(50)
  expect(outcomes.refused).toBeGreaterThan(1500)
})
