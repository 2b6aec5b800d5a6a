import { generatorState, manualSeed, memory, optim, setThreads } from '@phenoprint/torch'
import { beforeEach, describe, expect, it } from 'vitest'
import { MachineError } from '../errors.js'
import { createNetwork } from '../models/create-network.js'
import { modelSection } from '../models/reference.test.support.js'
import { plainLoss } from './loss.test.support.js'
import { checkStepMemory } from './measure-step.js'
import { accumulateGradients, type StepBatch } from './step.js'

beforeEach(() => setThreads(1))

const side = 40
const channels = 3

function batchOf(samples: number): StepBatch {
  const images = Float32Array.from({ length: samples * side * side * channels }, (_, i) => i % 7)
  return {
    images,
    units: new Int32Array(samples),
    labels: new BigInt64Array(samples),
    shape: [samples, channels, side, side],
    controlLabels: null,
    mixed: null,
    normControls: null,
  }
}

function learner() {
  manualSeed(1)
  const network = createNetwork(modelSection(), { channels, classes: 5 })
  network.to({ memoryFormat: 'channelsLast' })
  const optimiser = new optim.AdamW(network.parameters(), { learningRate: 1e-3 })
  return { network, optimiser, device: 'cpu', average: null, scaler: null }
}

const settings = {
  device: 'cpu',
  precision: 'fp32',
  microBatch: 24,
  loss: plainLoss,
  pairs: null,
  scaler: null,
  cellTypes: null,
  optimiser: {
    name: 'adamw',
    learningRate: 1e-3,
    weightDecay: 0,
    betas: [0.9, 0.999] as [number, number],
    eps: 1e-8,
    momentum: 0,
    nesterov: false,
  },
} as const

describe('checkStepMemory', () => {
  it('foretells what a step of more samples has in use', () => {
    const made = learner()
    using _network = made.network
    using optimiser = made.optimiser
    const before = memory.allocator()
    const estimate = checkStepMemory(made, batchOf(8), settings, 1e12)
    accumulateGradients(made.network, batchOf(24), settings)
    optimiser.step()
    const { peak } = memory.allocator()
    const needed = peak - before.inUse
    expect(peak).toBeGreaterThan(before.peak)
    expect((estimate?.bytes ?? 0) / needed).toBeGreaterThan(0.85)
    expect((estimate?.bytes ?? 0) / needed).toBeLessThan(1.6)
  })

  it('leaves network, gradients, optimiser and generator as they were', () => {
    const made = learner()
    using network = made.network
    using optimiser = made.optimiser
    const copies = () => [...network.stateDict()].map(([name, t]) => [name, t.toNumbers()])
    const before = copies()
    const generator = generatorState()
    const { tensors } = memory.live()
    checkStepMemory(made, batchOf(8), settings, 1e12)
    expect(memory.live().tensors).toBe(tensors)
    expect(copies()).toEqual(before)
    expect(generatorState()).toEqual(generator)
    expect(network.parameters().every((parameter) => parameter.grad === null)).toBe(true)
    expect(optimiser.stateDict().tensors.size).toBe(0)
  })

  it.each([2, 5, 8])('refuses what does not fit, measured with %i samples', (samples) => {
    const made = learner()
    using _network = made.network
    using _optimiser = made.optimiser
    const attempt = () => checkStepMemory(made, batchOf(samples), settings, 60e6)
    expect(attempt).toThrow(MachineError)
  })
})
