import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { manualSeed, optim, type Tensor, tidy } from '@phenoprint/torch'
import { afterEach, beforeEach, describe, expect } from 'vitest'
import { createNetwork } from '../models/create-network.js'
import { modelSection } from '../models/reference.test.support.js'
import { itOnDevices } from '../testing/devices.js'
import { type Learner, loadResumePoint, saveResumePoint } from './resume.js'
import { takeStep } from './take-step.js'
import { firstState } from './training-state.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phenoprint-step-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function learner(scaler: optim.GradScaler | null, device: string): Learner {
  manualSeed(1)
  const network = createNetwork(modelSection(), { channels: 2, classes: 3 })
  const optimiser = new optim.SGD(network.parameters(), { learningRate: 1 })
  network.to({ device })
  return { network, optimiser, device, average: null, scaler }
}

/** Gives every parameter the same gradient. */
function fillGradients({ network }: Learner, value: number): void {
  for (const parameter of network.parameters()) {
    tidy(() => {
      parameter.grad = parameter.detach().mul(0).add(value)
    })
  }
}

function headBias({ network }: Learner): Tensor {
  const bias = network.namedParameters().get(`${network.headName}.bias`)
  if (bias === undefined) throw new Error('the head has a bias')
  return bias
}

describe('takeStep', () => {
  itOnDevices('divides by the scale before it clips, and frees the gradients', (device) => {
    const made = learner(new optim.GradScaler({ initialScale: 64 }), device)
    const before = headBias(made).toNumbers()
    fillGradients(made, 64)
    expect(takeStep(made, 1e9)).toBe(true)
    expect(headBias(made).toNumbers()).toEqual(before.map((value) => Math.fround(value - 1)))
    expect(headBias(made).grad).toBeNull()
  })

  itOnDevices(
    'leaves a step out whose gradients overflow, and gives up when the scale falls below 1',
    (device) => {
      const made = learner(new optim.GradScaler({ initialScale: 2 }), device)
      const before = headBias(made).toNumbers()
      const goesOn = [1, 2].map(() => {
        fillGradients(made, Number.POSITIVE_INFINITY)
        return takeStep(made, 1)
      })
      expect(goesOn).toEqual([true, false])
      expect(headBias(made).toNumbers()).toEqual(before)
      expect(made.scaler?.state.scale).toBe(0.5)
    },
  )

  itOnDevices('without a scaler moves by the gradients as they are', (device) => {
    const made = learner(null, device)
    const before = headBias(made).toNumbers()
    fillGradients(made, 2)
    expect(takeStep(made, undefined)).toBe(true)
    expect(headBias(made).toNumbers()).toEqual(before.map((value) => Math.fround(value - 2)))
  })
})

itOnDevices('a resume point keeps the scale of the loss', (device) => {
  const path = join(folder, 'resume.safetensors')
  const made = learner(new optim.GradScaler({ initialScale: 2 }), device)
  fillGradients(made, Number.NaN)
  takeStep(made, undefined)
  saveResumePoint(path, made, { ...firstState, events: 0 })
  const again = learner(new optim.GradScaler(), device)
  loadResumePoint(path, again)
  expect(again.scaler?.state).toEqual({ scale: 1, streak: 0 })
})
