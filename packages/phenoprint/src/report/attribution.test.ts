import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  manualSeed,
  memory,
  noGrad,
  randn,
  readSafetensors,
  setThreads,
  type Tensor,
  tidy,
  writeSafetensors,
} from '@phenoprint/torch'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ShapeError } from '../errors.js'
import { createNetwork } from '../models/create-network.js'
import { fixture, modelSection } from '../models/reference.test.support.js'
import { itOnDevices } from '../testing/devices.js'
import { askPython } from '../testing/python.js'
import { attribute } from './attribution.js'

const shape = { channels: 6, classes: 11 }
const classes = [4, 0, 10]

const networkOf = (kernels: 'stock' | 'auto') =>
  createNetwork(modelSection({ architecture: 'efficientnet-b0', kernels }), shape).eval()

/** Weights as drawn, and running statistics as if training had moved them. */
function state(): Map<string, Tensor> {
  manualSeed(5)
  using network = networkOf('stock')
  return new Map(
    [...network.stateDict()].map(([name, value]) => {
      const drawn = () => randn([...value.shape])
      if (name.endsWith('running_mean')) return [name, drawn().mul(0.1)]
      if (name.endsWith('running_var')) return [name, drawn().mul(0.2).exp()]
      return [name, value.clone()]
    }),
  )
}

/** The same by PyTorch's autograd and the formulas of captum's InputXGradient and LayerGradCam. */
const script = `
import importlib.util
import torch
from safetensors.torch import load_file, save_file
spec = importlib.util.spec_from_file_location('reference', d['reference'])
reference = importlib.util.module_from_spec(spec); spec.loader.exec_module(reference)
case = dict(architecture='efficientnet-b0', activation='silu', flavour='torch', channels=6, classes=11, dropConnect=0.2)
given = load_file(d['given'])
images = given.pop('images').double().contiguous().requires_grad_(True)
network = reference.build(case); network.load_state_dict(given); network.double().eval()
logits = network(images)
score = logits.gather(1, torch.tensor(d['classes'])[:, None]).sum()
gradient_input = images * torch.autograd.grad(score, images)[0]
maps = network.activation(network.bn2(network.conv_head(network.blocks(network.activation(network.bn1(network.conv_stem(images)))))))
out = network.classifier(maps.mean(dim=(2, 3)))
gradients, = torch.autograd.grad(out.gather(1, torch.tensor(d['classes'])[:, None]).sum(), maps)
summed = gradients.mean(dim=(2, 3), keepdim=True)
cam = torch.relu((summed * maps).sum(dim=1, keepdim=True))
cam = torch.nn.functional.interpolate(cam, images.shape[2:], mode='bilinear', align_corners=False)
save_file({'gradientInput': gradient_input.detach(), 'gradCam': cam.detach()}, d['expected'])
print('[]')`

describe('an attribution', () => {
  const folder = mkdtempSync(join(tmpdir(), 'phenoprint-attribution-'))
  let images: Tensor
  let weights: Map<string, Tensor>
  let expected: ReadonlyMap<string, Tensor>

  beforeAll(() => {
    setThreads(1)
    weights = state()
    manualSeed(6)
    images = randn([3, 6, 96, 80])
    const given = join(folder, 'given.safetensors')
    writeSafetensors(given, new Map([...weights, ['images', images]]))
    const output = join(folder, 'expected.safetensors')
    askPython(script, { given, classes, expected: output, reference: fixture('reference.py') })
    expected = readSafetensors(output).tensors
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each(['stock', 'auto'] as const)(
    "is that of PyTorch in double precision, by captum's formulas (%s kernels)",
    (kernels) => {
      using network = networkOf(kernels)
      network.loadStateDict(weights)
      const found = attribute(network, images, classes, null)
      expectClose(found.gradientInput, expected.get('gradientInput'))
      expectClose(found.gradCam, expected.get('gradCam'))
      expect(found.gradCam.some((value) => value > 0)).toBe(true)
    },
  )

  itOnDevices('is near to that of PyTorch on each device', (device) => {
    using network = networkOf('auto')
    network.loadStateDict(weights)
    network.to({ device })
    const found = attribute(network, images.to({ device }), classes, null)
    const share = device === 'cpu' ? 1e-4 : 0.05
    expectClose(found.gradientInput, expected.get('gradientInput'), share)
    expectClose(found.gradCam, expected.get('gradCam'), share)
  })

  it('is the same for an image beside others and alone', () => {
    using network = networkOf('stock')
    network.loadStateDict(weights)
    const alone = attribute(network, images.narrow(0, 1, 1), [0], null)
    const count = alone.gradientInput.length
    const beside = attribute(network, images, classes, null).gradientInput.subarray(
      count,
      2 * count,
    )
    expectNear(alone.gradientInput, Float64Array.from(beside))
  })

  it('changes neither the network nor its images, and leaves no tensor', () => {
    using network = networkOf('auto')
    const logits = () => tidy(() => noGrad(() => network.forward(images).toNumbers()))
    const before = logits()
    attribute(network, images, classes, null)
    const live = memory.live().tensors
    attribute(network, images, classes, null)
    expect(memory.live().tensors).toBe(live)
    expect(logits()).toEqual(before)
    expect(images.requiresGrad).toBe(false)
    expect(network.parameters().every(({ grad }) => grad === null)).toBe(true)
  })

  it('needs a class of the network for each image', () => {
    using network = networkOf('stock')
    expect(() => attribute(network, images, [0], null)).toThrow(ShapeError)
    expect(() => attribute(network, images, [0, 1, 11], null)).toThrow('got class 11')
  })
})

function expectClose(found: Float32Array, wanted: Tensor | undefined, share?: number): void {
  expectNear(found, Float64Array.from(wanted?.contiguous().toNumbers() ?? []), share)
}

/** Within a share of the greatest value. */
function expectNear(found: Float32Array, wanted: Float64Array, share = 1e-4): void {
  expect(found).toHaveLength(wanted.length)
  const greatest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  expect(greatest).toBeGreaterThan(0)
  const worst = found.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (wanted[i] ?? 0))),
    0,
  )
  expect(worst / greatest).toBeLessThan(share)
}
