import { beforeAll, expect, it } from 'vitest'
import {
  aten,
  Generator,
  generatorState,
  manualSeed,
  rand,
  randn,
  setGeneratorState,
  type Tensor,
} from './index.js'
import { askPyTorch } from './testing/pytorch.test.support.js'

let theirs: Map<string, Tensor>

beforeAll(() => {
  const script = `
torch.manual_seed(2**63 + 11)
first = torch.randn(5)
state = torch.get_rng_state()
own = torch.Generator().manual_seed(77)
out = {'first': first, 'state': state, 'next': torch.rand(5), 'own': torch.rand(4, generator=own)}`
  theirs = askPyTorch([script])[0] ?? new Map()
})

it('a seed gives PyTorch’s numbers, and its state PyTorch’s bytes', () => {
  manualSeed(2n ** 63n + 11n)
  expect(randn([5]).toTypedArray()).toEqual(theirs.get('first')?.toTypedArray())
  expect(generatorState()).toEqual(theirs.get('state')?.toTypedArray())
})

it('a state, from PyTorch as well, is gone on from', () => {
  const state = theirs.get('state')?.toTypedArray()
  if (!(state instanceof Uint8Array)) throw new Error('PyTorch’s state is no list of bytes')
  setGeneratorState(state)
  expect(rand([5]).toTypedArray()).toEqual(theirs.get('next')?.toTypedArray())
  expect(() => setGeneratorState(Uint8Array.of(1, 2, 3))).toThrow(
    expect.objectContaining({ _tag: 'TorchError' }),
  )
})

it('a Generator is a stream of its own, and its state can be kept', () => {
  manualSeed(1)
  const before = generatorState()
  const generator = new Generator({ seed: 77 })
  expect(aten.randGenerator([4], { generator }).toTypedArray()).toEqual(
    theirs.get('own')?.toTypedArray(),
  )
  const { state } = generator
  const next = aten.randGenerator([4], { generator }).toTypedArray()
  generator.state = state
  expect(aten.randGenerator([4], { generator }).toTypedArray()).toEqual(next)
  expect(generatorState()).toEqual(before)
})

it('seeds that are none are refused', () => {
  for (const seed of [-1, 0.5, 2n ** 64n, Number.NaN])
    expect(() => manualSeed(seed)).toThrow(/seed|whole/)
})
