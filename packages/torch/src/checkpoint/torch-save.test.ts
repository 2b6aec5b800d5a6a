import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type DType,
  isTensor,
  memory,
  nn,
  ones,
  optim,
  readSafetensors,
  readTorchSave,
  type Tensor,
  tensor,
  tidy,
} from '../index.js'
import { runPython } from '../testing/python.test.support.js'
import { differing } from '../testing/pytorch.test.support.js'
import { elementBytes } from './torch-tensors.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'phenoprint-torch-save-'))
  runPython(writer, [folder, [...elementBytes.keys()]])
})
afterAll(() => rmSync(folder, { recursive: true }))

const writer = `
import json, sys, torch
from torch import nn
from safetensors.torch import save_file
folder, dtypes = json.load(sys.stdin)

raw = torch.arange(64, dtype=torch.uint8)
every = {d: (raw % 2 == 1) if d == 'bool' else raw.clone().view(getattr(torch, d)) for d in dtypes}
torch.save(every, f'{folder}/dtypes.pt')

torch.manual_seed(3)
net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2)).to(memory_format=torch.channels_last)
net[1](torch.randn(5, 4, 2, 2))
torch.save(net.state_dict(), f'{folder}/state.pt')
for protocol in (2, 3, 4, 5):
    torch.save(net.state_dict(), f'{folder}/state{protocol}.pt', pickle_protocol=protocol)
save_file({k: v.contiguous() for k, v in net.state_dict().items()}, f'{folder}/state.safetensors')

base = torch.arange(24.).reshape(4, 6)
torch.save({
    'base': base, 'transposed': base.t(), 'part': base[1:3, 2::2], 'row': base[2], 'same': base,
    'scalar': base[3, 5], 'expanded': base[0, :1].expand(7), 'empty': base[:0], 'other': torch.ones(2),
}, f'{folder}/strides.pt')

torch.save({
    'epoch': 12, 'loss': 0.25, 'big': 2 ** 80, 'name': 'x' * 300, 'none': None, 'yes': True, 7: torch.tensor(7),
    'list': [1, [torch.tensor(1.), {'deep': torch.tensor(2.)}], (torch.tensor(3.),)], 'size': torch.Size([2]),
    'dtype': torch.float16, 'parameter': nn.Parameter(torch.tensor([4.])), 'history': list(range(100000)),
}, f'{folder}/nested.pt')
torch.save(torch.tensor([1, 2]), f'{folder}/alone.pt')
pairs = torch.view_as_complex(torch.tensor([[1., 2.], [3., 4.]]))
torch.save({'conj': pairs.conj(), 'imag': pairs.clone().conj().imag}, f'{folder}/marked.pt')

weight = nn.Parameter(torch.tensor([1., -2., 3.]))
adam = torch.optim.Adam([weight], 0.1, fused=True)
for i in range(4):
    if i == 3: torch.save({'weight': weight.detach().clone(), 'optimiser': adam.state_dict()}, f'{folder}/adam.pt')
    adam.zero_grad(); (weight ** 2).sum().backward(); adam.step()
save_file({'weight': weight.detach()}, f'{folder}/adam.safetensors')

torch.serialization.set_crc32_options(False)
torch.save(net.state_dict(), f'{folder}/unchecked.pt')
`

function bytesOf(tensor: Tensor): number[] {
  const { buffer, byteOffset, byteLength } = tensor.toTypedArray()
  return [...new Uint8Array(buffer, byteOffset, byteLength)]
}

const read = (name: string) => readTorchSave(join(folder, name))

it('reads every dtype', () => {
  const tensors = read('dtypes.pt')
  const raw = Array.from({ length: 64 }, (_, i) => i)
  expect(tensors.size).toBe(elementBytes.size)
  for (const [dtype, size] of elementBytes) {
    const got = tensors.get(dtype)
    expect(got?.dtype).toBe(dtype satisfies DType)
    expect(got?.shape).toEqual([64 / size])
    expect(got && bytesOf(got), dtype).toEqual(dtype === 'bool' ? raw.map((i) => i % 2) : raw)
  }
})

it.each(['state.pt', 'state2.pt', 'state3.pt', 'state4.pt', 'state5.pt', 'unchecked.pt'])(
  "reads a network's state in PyTorch's order, from %s",
  (name) => {
    const { tensors: expected } = readSafetensors(join(folder, 'state.safetensors'))
    const tensors = read(name)
    expect(differing(tensors, expected)).toEqual([])
    using network = new nn.Sequential([
      new nn.Conv2d({ inChannels: 3, outChannels: 4, kernelSize: 3 }),
      new nn.BatchNorm2d({ features: 4 }),
      new nn.Flatten(),
      new nn.Linear({ inFeatures: 4, outFeatures: 2 }),
    ])
    expect([...tensors.keys()]).toEqual([...network.stateDict().keys()])
    network.loadStateDict(tensors)
    expect(differing(network.stateDict(), expected)).toEqual([])
    expect(tensors.get('0.weight')?.strides).toEqual([27, 1, 9, 3])
  },
)

it('keeps strides, and lets share memory what shared it', () => {
  const tensors = read('strides.pt')
  const at = (name: string) => tensors.get(name) ?? tensor([])
  const base = Array.from({ length: 24 }, (_, i) => i)
  expect(at('base').toNumbers()).toEqual(base)
  expect(at('transposed').shape).toEqual([6, 4])
  expect(at('transposed').strides).toEqual([1, 6])
  expect(at('part').toNumbers()).toEqual([8, 10, 14, 16])
  expect(at('row').toNumbers()).toEqual([12, 13, 14, 15, 16, 17])
  expect([at('scalar').shape, at('scalar').item()]).toEqual([[], 23])
  expect(at('expanded').toNumbers()).toEqual(Array(7).fill(0))
  expect(at('expanded').strides).toEqual([0])
  expect(at('empty').shape).toEqual([0, 6])
  expect(at('same')).toBe(at('base'))
  at('row').fill_(-1)
  expect(at('base').toNumbers().slice(11, 19)).toEqual([11, -1, -1, -1, -1, -1, -1, 18])
  expect(at('transposed').select(1, 2).toNumbers()).toEqual(Array(6).fill(-1))
  at('base').zero_()
  expect(at('other').toNumbers()).toEqual([1, 1])
})

it('names nested tensors by their paths, and leaves out what is none', () => {
  const found = [...read('nested.pt')].map(([name, value]) => [name, ...value.toNumbers()])
  expect(found).toEqual([
    ['7', 7],
    ['list.1.0', 1],
    ['list.1.1.deep', 2],
    ['list.2.0', 3],
    ['parameter', 4],
  ])
  expect(read('alone.pt').get('tensor')?.toTypedArray()).toEqual(BigInt64Array.of(1n, 2n))
})

it('resolves conjugates and negatives', () => {
  const tensors = read('marked.pt')
  expect([...(tensors.get('conj')?.toTypedArray() ?? [])]).toEqual([1, -2, 3, -4])
  expect(tensors.get('imag')?.toNumbers()).toEqual([-2, -4])
})

it("lets an optimiser go on from PyTorch's", () => {
  const tensors = read('adam.pt')
  const weight = tensors.get('weight')?.clone().keep() ?? ones([0])
  weight.requiresGrad = true
  using adam = new optim.Adam([weight], { learningRate: 1 })
  const state = [...tensors].flatMap(([name, value]): [string, Tensor][] =>
    name.startsWith('optimiser.state.') ? [[name.slice('optimiser.state.'.length), value]] : [],
  )
  adam.loadStateDict({
    tensors: new Map(state),
    scalars: { groups: [{ learningRate: 0.1, weightDecay: 0 }] },
  })
  tidy(() => weight.square().sum().backward())
  adam.step()
  const { tensors: expected } = readSafetensors(join(folder, 'adam.safetensors'))
  expect(differing(new Map([['weight', weight]]), expected)).toEqual([])
})

describe('memory', () => {
  it('is freed by tidy(), and a storage with the last tensor on it', () => {
    const before = memory.live()
    tidy(() => {
      expect(read('strides.pt').size).toBe(9)
      expect(memory.live().tensors).toBe(before.tensors + 8)
      expect(memory.live().bytes).toBe(before.bytes + 96 + 16)
    })
    expect(memory.live()).toEqual(before)
    expect([...read('strides.pt').values()].every(isTensor)).toBe(true)
  })
})
