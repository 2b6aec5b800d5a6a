import { nn, setThreads, type Tensor, tidy } from '@phenoprint/torch'
import { beforeEach, describe, expect } from 'vitest'
import type { Scores } from '../models/head.js'
import { randomStream } from '../random.js'
import { itOnDevices } from '../testing/devices.js'
import { askNumbers } from '../testing/python.js'
import { TrainingLoss } from './loss.js'
import { lossSection } from './loss.test.support.js'
import { accumulateGradients, type StepBatch } from './step.js'

beforeEach(() => setThreads(1))

/** Logits linear in the pixels; no batch norm, so parts of a batch do not see each other. */
class Linear extends nn.Module {
  readonly layer = this.register('layer', new nn.Linear({ inFeatures: 2 * 3 * 4, outFeatures: 5 }))
  /** Shapes of what it was given. */
  readonly seen: (readonly number[])[] = []

  scores(images: Tensor): Scores {
    const logits = this.forward(images)
    return { logits, cosines: logits.tanh() }
  }

  forward(images: Tensor): Tensor {
    this.seen.push(images.shape)
    return this.layer.forward(images.contiguous().flatten({ startDim: 1 }))
  }
}

/** The same behind a batch norm. */
class Normed extends nn.Module {
  readonly norm = this.register('norm', new nn.BatchNorm2d({ features: 2 }))
  readonly layer = this.register('layer', new nn.Linear({ inFeatures: 2 * 3 * 4, outFeatures: 5 }))

  scores(): Scores {
    throw new Error('no cosines here')
  }

  forward(images: Tensor): Tensor {
    return this.layer.forward(this.norm.forward(images).contiguous().flatten({ startDim: 1 }))
  }
}

const draw = randomStream(1, 'step test')
const batch: StepBatch = {
  images: Float32Array.from({ length: 7 * 2 * 3 * 4 }, () => draw.normal()),
  units: Int32Array.from([0, 1, 2, 3, 4, 5, 6]),
  labels: BigInt64Array.from([0n, 4n, 2n, 2n, 1n, 3n, 0n]),
  shape: [7, 2, 3, 4],
  controlLabels: null,
  mixed: null,
  normControls: null,
}
/** Digits after the point: a card sums in another order. */
const digits = (device: string) => (device === 'cpu' ? 5 : 4)
const smoothed = new TrainingLoss(lossSection({ labelSmoothing: 0.1 }), []).at(0, 1)
const settings = {
  precision: 'fp32',
  loss: smoothed,
  pairs: null,
  scaler: null,
  cellTypes: null,
} as const

function step(
  network: Linear,
  microBatch: number,
  device: string,
): { loss: number; gradient: number[] } {
  const { weight } = network.layer
  weight.grad = null
  const loss = accumulateGradients(network, batch, { ...settings, device, microBatch })
  return { loss, gradient: gradientOf(weight) }
}

function gradientOf({ grad }: Tensor): number[] {
  return grad?.toNumbers() ?? []
}

describe('accumulateGradients', () => {
  itOnDevices(
    "gives PyTorch's smoothed cross entropy and its gradient, images channels-last",
    (device) => {
      using network = new Linear().to({ device })
      const { loss, gradient } = tidy(() => step(network, 7, device))
      const script = `
import torch
w, b = (torch.tensor(d[k], requires_grad=True) for k in ('w', 'b'))
x = torch.tensor(d['x']).reshape(7, 3, 4, 2).permute(0, 3, 1, 2).flatten(1)
loss = torch.nn.functional.cross_entropy(x @ w.reshape(5, 24).T + b, torch.tensor(d['y']), label_smoothing=0.1)
loss.backward()
print(json.dumps([loss.item(), *w.grad.tolist()]))`
      const expected = askNumbers(script, {
        w: network.layer.weight.toNumbers(),
        b: network.layer.bias?.toNumbers(),
        x: [...batch.images],
        y: [...batch.labels].map(Number),
      })
      expect([loss, ...gradient].length).toBe(expected.length)
      ;[loss, ...gradient].forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i] ?? Number.NaN, digits(device))
      })
    },
  )

  itOnDevices(
    'adds the loss of a second head for the controls of pairs, by its weight',
    (device) => {
      using network = new Linear().to({ device })
      const labels = BigInt64Array.from([0n, 2n, 1n, 2n, 1n, 0n, 0n])
      const controlLabels = BigInt64Array.from([3n, 4n, 4n, 3n, 3n, 4n, 3n])
      const pairs = { treatments: 3, controlWeight: 0.25 }
      const paired = { ...batch, labels, controlLabels }
      const losses = [7, 3].map((microBatch) => {
        network.layer.weight.grad = null
        const loss = accumulateGradients(network, paired, {
          ...settings,
          device,
          microBatch,
          pairs,
        })
        return [loss, ...gradientOf(network.layer.weight)]
      })
      const script = `
import torch
w, b = (torch.tensor(d[k], requires_grad=True) for k in ('w', 'b'))
x = torch.tensor(d['x']).reshape(7, 3, 4, 2).permute(0, 3, 1, 2).flatten(1)
logits, entropy = x @ w.reshape(5, 24).T + b, torch.nn.functional.cross_entropy
loss = entropy(logits[:, :3], torch.tensor(d['y']), label_smoothing=0.1)
loss = loss + 0.25 * entropy(logits[:, 3:], torch.tensor(d['c']) - 3, label_smoothing=0.1)
loss.backward()
print(json.dumps([loss.item(), *w.grad.tolist()]))`
      const expected = askNumbers(script, {
        w: network.layer.weight.toNumbers(),
        b: network.layer.bias?.toNumbers(),
        x: [...batch.images],
        y: [...labels].map(Number),
        c: [...controlLabels].map(Number),
      })
      for (const values of losses) {
        expect(values.length).toBe(expected.length)
        values.forEach((value, i) => {
          expect(value).toBeCloseTo(expected[i] ?? Number.NaN, digits(device))
        })
      }
    },
  )

  itOnDevices(
    'weighs the classes of mixed samples by their shares, as separate losses would be',
    (device) => {
      using network = new Linear().to({ device })
      const mixed = {
        units: new Int32Array(7),
        labels: BigInt64Array.from([1n, 4n, 0n, 3n, 2n, 1n, 4n]),
        shares: Float32Array.from([0.25, 0.5, 0, 1, 0.7, 0.9, 0.125]),
      }
      const losses = [7, 3].map((microBatch) => {
        network.layer.weight.grad = null
        const loss = accumulateGradients(
          network,
          { ...batch, mixed },
          { ...settings, device, microBatch },
        )
        return [loss, ...gradientOf(network.layer.weight)]
      })
      const script = `
import torch
w, b = (torch.tensor(d[k], requires_grad=True) for k in ('w', 'b'))
x = torch.tensor(d['x']).reshape(7, 3, 4, 2).permute(0, 3, 1, 2).flatten(1)
logits, share = x @ w.reshape(5, 24).T + b, torch.tensor(d['share'])
entropy = lambda y: torch.nn.functional.cross_entropy(logits, torch.tensor(y), label_smoothing=0.1, reduction='none')
loss = (share * entropy(d['y']) + (1 - share) * entropy(d['other'])).mean()
loss.backward()
print(json.dumps([loss.item(), *w.grad.tolist()]))`
      const expected = askNumbers(script, {
        w: network.layer.weight.toNumbers(),
        b: network.layer.bias?.toNumbers(),
        x: [...batch.images],
        y: [...batch.labels].map(Number),
        other: [...mixed.labels].map(Number),
        share: [...mixed.shares],
      })
      for (const values of losses) {
        expect(values.length).toBe(expected.length)
        values.forEach((value, i) => {
          expect(value).toBeCloseTo(expected[i] ?? Number.NaN, digits(device))
        })
      }
    },
  )

  itOnDevices(
    'takes the statistics of batch norm over the controls beside each micro-batch too',
    (device) => {
      using network = new Normed().to({ device })
      const normControls = Float32Array.from({ length: 3 * 24 }, () => 2 + draw.normal())
      const loss = accumulateGradients(
        network,
        { ...batch, normControls },
        { ...settings, device, microBatch: 4 },
      )
      const script = `
import torch
w, b = (torch.tensor(d[k], requires_grad=True) for k in ('w', 'b'))
image = lambda x: torch.tensor(x).reshape(-1, 3, 4, 2).permute(0, 3, 1, 2)
x, controls, y = image(d['x']), image(d['controls']), torch.tensor(d['y'])
norm, loss = torch.nn.BatchNorm2d(2), 0
for part in (slice(0, 4), slice(4, 7)):
    shown = norm(torch.cat([x[part], controls]))[:len(y[part])]
    logits = shown.flatten(1) @ w.reshape(5, 24).T + b
    loss = loss + torch.nn.functional.cross_entropy(logits, y[part], label_smoothing=0.1) * len(y[part]) / 7
loss.backward()
state = [*norm.running_mean.tolist(), *norm.running_var.tolist()]
print(json.dumps([loss.item(), *w.grad.tolist(), *norm.weight.grad.tolist(), *state]))`
      const expected = askNumbers(script, {
        w: network.layer.weight.toNumbers(),
        b: network.layer.bias?.toNumbers(),
        x: [...batch.images],
        controls: [...normControls],
        y: [...batch.labels].map(Number),
      })
      const { norm } = network
      const state = [...norm.runningMean.toNumbers(), ...norm.runningVar.toNumbers()]
      const got = [loss, ...gradientOf(network.layer.weight), ...gradientOf(norm.weight), ...state]
      expect(got.length).toBe(expected.length)
      got.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i] ?? Number.NaN, digits(device))
      })
    },
  )

  itOnDevices('adds up the same over micro-batches, whatever their size', (device) => {
    using network = new Linear().to({ device })
    const whole = step(network, 7, device)
    for (const microBatch of [1, 2, 3, 6, 100]) {
      const parts = step(network, microBatch, device)
      expect(parts.loss).toBeCloseTo(whole.loss, digits(device))
      parts.gradient.forEach((value, i) => {
        expect(value).toBeCloseTo(whole.gradient[i] ?? Number.NaN, digits(device))
      })
    }
    const sizes = network.seen.map(([samples]) => samples)
    expect(sizes.slice(0, 12)).toEqual([7, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 3])
  })
})
