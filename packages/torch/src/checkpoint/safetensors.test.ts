import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  aten,
  memory,
  ones,
  ops,
  randn,
  readSafetensors,
  readSafetensorsHeader,
  type Tensor,
  TorchError,
  tensor,
  tidy,
  writeSafetensors,
  zeros,
} from '../index.js'
import { itOnDevices } from '../testing/devices.test.support.js'
import { runPython } from '../testing/python.test.support.js'
import { storedDTypes } from './safetensors-dtypes.js'

let folder = ''
beforeAll(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'phenoprint-safetensors-'))
})
afterAll(() => fs.rmSync(folder, { recursive: true }))

function bytesOf(tensor: Tensor): number[] {
  const { buffer, byteOffset, byteLength } = tensor.toTypedArray()
  return [...new Uint8Array(buffer, byteOffset, byteLength)]
}

describe("beside Python's safetensors", () => {
  const names = ['Z', 'a', 'a.b', 'ü', '\uffff', '😀', 'a"\\\n\u0001/']

  beforeAll(() => {
    runPython(
      `
import json, sys, torch
from safetensors.torch import load_file, save_file
codes, names = json.load(sys.stdin)
tensors = {name: torch.arange(i, i + 4, dtype=torch.int16) for i, name in enumerate(names)}
for dtype in codes:
    raw = torch.arange(48, dtype=torch.uint8)
    tensors[dtype] = raw % 2 == 1 if dtype == 'bool' else raw.view(getattr(torch, dtype)).reshape(2, -1)
tensors['empty'] = torch.zeros(0, 5)
tensors['scalar'] = torch.tensor(2.5)
save_file(tensors, '${folder}/python', {'format': 'pt'})
save_file(tensors, '${folder}/python-plain')
save_file({}, '${folder}/python-nothing')`,
      [storedDTypes.map(({ dtype }) => dtype), names],
    )
  })

  it('reads every dtype that it writes', () => {
    const { tensors, metadata } = readSafetensors(join(folder, 'python'))
    expect(tensors.size).toBe(storedDTypes.length + names.length + 2)
    expect({ ...metadata }).toEqual({ format: 'pt' })
    const raw = Array.from({ length: 48 }, (_, i) => i)
    for (const { dtype } of storedDTypes) {
      const got = tensors.get(dtype)
      expect(got?.dtype).toBe(dtype)
      expect(got && bytesOf(got), dtype).toEqual(dtype === 'bool' ? raw.map((i) => i % 2) : raw)
    }
    expect(tensors.get('float64')?.shape).toEqual([2, 3])
    expect(tensors.get('float4_e2m1fn_x2')?.shape).toEqual([2, 24])
    expect(tensors.get('empty')?.shape).toEqual([0, 5])
    expect(tensors.get('scalar')?.item()).toBe(2.5)
    names.forEach((name, i) => {
      expect(tensors.get(name)?.toNumbers()).toEqual([i, i + 1, i + 2, i + 3])
    })
  })

  it('writes the same bytes, whatever the order it is given', () => {
    const { tensors } = readSafetensors(join(folder, 'python'))
    const same = (name: string, given: Map<string, Tensor>, metadata?: Record<string, string>) => {
      writeSafetensors(join(folder, 'ours'), given, metadata)
      const [ours, theirs] = [join(folder, 'ours'), join(folder, name)].map((path) =>
        fs.readFileSync(path),
      )
      expect(theirs && ours?.equals(theirs), name).toBe(true)
    }
    same('python', tensors, { format: 'pt' })
    same('python-plain', new Map([...tensors].reverse()))
    same('python-nothing', new Map())
  })
})

it('keeps metadata, and tells the header without the tensors', () => {
  const path = join(folder, 'described')
  const tensors = new Map([['w', zeros([2, 3])]])
  const metadata = { epoch: '3', about: 'ä\n"{}"' }
  writeSafetensors(path, tensors, metadata)
  const first = fs.readFileSync(path)
  expect({ ...readSafetensors(path).metadata }).toEqual(metadata)
  expect(readSafetensorsHeader(path).tensors).toEqual([
    { name: 'w', dtype: 'float32', shape: [2, 3], begin: 0, end: 24 },
  ])
  writeSafetensors(path, tensors, { about: metadata.about, epoch: '3' })
  expect(fs.readFileSync(path).equals(first)).toBe(true)
})

it('writes the elements in order, whatever the strides', () => {
  tidy(() => {
    const source = randn([2, 3, 4, 5])
    const pairs = aten.view(source, [60, 2])
    const complex = ops.aten.view_as_complex(pairs)
    const conjugated = ops.aten._conj(complex)
    const tensors = new Map([
      ['channelsLast', source.contiguous({ memoryFormat: 'channelsLast' })],
      ['transposed', source.transpose(0, 3)],
      ['expanded', aten.expand(ones([1, 3]), [4, 3])],
      ['part', source.narrow(0, 1, 1)],
      ['conjugated', conjugated],
      ['negated', ops.aten.imag(conjugated)],
    ])
    writeSafetensors(join(folder, 'strided'), tensors)
    for (const [name, read] of readSafetensors(join(folder, 'strided')).tensors) {
      const written = tensors.get(name)
      expect(read.shape, name).toEqual(written?.shape)
      expect(bytesOf(read), name).toEqual(written && bytesOf(written))
    }
    const negated = pairs.select(1, 1).mul(-1).toNumbers()
    expect(tensors.get('negated')?.toNumbers()).toEqual(negated)
  })
})

it('gives its tensors to the tidy() around it', () => {
  const path = join(folder, 'owned')
  tidy(() => writeSafetensors(path, new Map([['w', zeros([2])]])))
  const before = memory.live().tensors
  tidy(() => {
    readSafetensors(path)
  })
  expect(memory.live().tensors).toBe(before)
  const { tensors } = tidy(() => readSafetensors(path))
  expect(memory.live().tensors).toBe(before + 1)
  tensors.get('w')?.dispose()
})

itOnDevices('writes from a device, and reads onto it', (device) => {
  const path = join(folder, 'moved')
  writeSafetensors(path, new Map([['w', ones([3], { device })]]))
  const read = readSafetensors(path, { device }).tensors.get('w')
  expect(read?.device).toBe(device)
  expect(read?.toNumbers()).toEqual([1, 1, 1])
})

describe('a write that fails leaves the old file, and nothing beside it:', () => {
  const path = () => join(folder, 'kept', 'file')
  beforeAll(() => {
    fs.mkdirSync(join(folder, 'kept'))
    writeSafetensors(path(), new Map([['old', zeros([2])]]))
  })
  const unchanged = () => {
    expect(fs.readdirSync(join(folder, 'kept'))).toEqual(['file'])
    expect([...readSafetensors(path()).tensors.keys()]).toEqual(['old'])
  }

  it('a disk that is full', () => {
    const full = vi.spyOn(fs, 'writeSync')
    full.mockImplementationOnce((_, data) => (ArrayBuffer.isView(data) ? data.byteLength : 0))
    full.mockImplementationOnce(() => {
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
    })
    try {
      const write = () => writeSafetensors(path(), new Map([['new', zeros([9])]]))
      expect(write).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
    } finally {
      full.mockRestore()
    }
    unchanged()
  })

  it.each<[string, string, () => Tensor, RegExp]>([
    ['a dtype', 'w', () => zeros([2], { dtype: 'complex128' }), /cannot hold "w" of dtype complex/],
    ['the key of the metadata', '__metadata__', () => zeros([2]), /a Unicode string other than/],
    ['a path to a prototype', 'a.__proto__.b', () => zeros([2]), /"a\.__proto__\.b"/],
    ['half a character', '\ud83d', () => zeros([2]), /Unicode/],
  ])('%s that no file can hold', (_, name, make, message) => {
    const write = () => writeSafetensors(path(), new Map([[name, make()]]))
    expect(write).toThrow(TorchError)
    expect(write).toThrow(message)
    unchanged()
  })

  it('a disposed tensor', () => {
    const gone = zeros([2])
    gone.dispose()
    expect(() => writeSafetensors(path(), new Map([['w', gone]]))).toThrow(/disposed/)
    unchanged()
  })
})

it('overwrites a file that others may be reading', () => {
  const path = join(folder, 'replaced')
  writeSafetensors(path, new Map([['w', tensor([1])]]))
  const reader = fs.openSync(path, 'r')
  const before = fs.fstatSync(reader).size
  writeSafetensors(path, new Map([['w', zeros([100])]]))
  expect(fs.fstatSync(reader).size).toBe(before)
  fs.closeSync(reader)
  expect(readSafetensors(path).tensors.get('w')?.shape).toEqual([100])
})
