import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  manualSeed,
  noGrad,
  optim,
  readSafetensors,
  setThreads,
  type Tensor,
  writeSafetensors,
} from '@phenoprint/torch'
import { beforeAll, expect, it } from 'vitest'
import { BatchLoader } from '../batches/batch-loader.js'
import { epochBatches } from '../batches/epoch-batches.js'
import { PlateControls } from '../batches/plate-controls.js'
import { samplePool } from '../batches/sample-pool.js'
import { createNetwork } from '../models/create-network.js'
import { imageTensor } from '../models/image-tensor.js'
import { modelSection } from '../models/reference.test.support.js'
import { Store } from '../store/store.js'
import { askNumbers } from '../testing/python.js'
import { storeWithControls } from './controls.test.support.js'
import { TrainingLoss } from './loss.js'
import { smallConfig } from './small-run.test.support.js'
import { accumulateGradients } from './step.js'
import { networkShape } from './training-units.js'

/** What PyTorch makes of the same weights, pairs and labels: torchvision's network with two heads of its own. */
const twoInTwoOut = `
import torch
# torchvision's own operators, which may not load beside this torch, are not needed: only declared.
library = torch.library.Library('torchvision', 'FRAGMENT')
for name in ('nms', 'qnms'):
    if not hasattr(torch.ops.torchvision, name):
        library.define(name + '(Tensor dets, Tensor scores, float iou_threshold) -> Tensor')
import torchvision
from safetensors.torch import load_file, save_file
state = load_file(d['state'])
images = state.pop('images')
net = torchvision.models.resnet18(num_classes=1)
net.conv1 = torch.nn.Conv2d(4, 64, 7, 2, 3, bias=False)
net.fc = torch.nn.Identity()
treatments, controls = torch.nn.Linear(512, 3), torch.nn.Linear(512, 2)
with torch.no_grad():
    for name in ('weight', 'bias'):
        both = state.pop('fc.' + name)
        getattr(treatments, name).copy_(both[:3])
        getattr(controls, name).copy_(both[3:])
net.load_state_dict(state)
net.train()
heads = [*treatments.parameters(), *controls.parameters()]
optimiser = torch.optim.SGD([*net.parameters(), *heads], lr=0.1)
features = net(images)
entropy = torch.nn.functional.cross_entropy
loss = entropy(treatments(features), torch.tensor(d['labels']))
loss = loss + d['weight'] * entropy(controls(features), torch.tensor(d['controlLabels']) - 3)
loss.backward()
optimiser.step()
answer = {}
for kind, of in (('gradient', lambda p: p.grad), ('stepped', lambda p: p.detach())):
    for name, p in net.named_parameters():
        answer[kind + '.' + name] = of(p).contiguous()
    for name in ('weight', 'bias'):
        both = [of(getattr(head, name)) for head in (treatments, controls)]
        answer[kind + '.fc.' + name] = torch.cat(both)
save_file(answer, d['answer'])
print(json.dumps([loss.item()]))`

let path = ''
beforeAll(async () => {
  setThreads(1)
  path = await storeWithControls(32)
})

it('takes the step of a network of two inputs and two heads that PyTorch takes', async () => {
  using store = await Store.open(path)
  const { screen } = store
  const config = smallConfig(path, 'unused', {}, { batches: { pairs: 'control' } })
  const shape = networkShape(screen, config)
  const treated = screen.units.flatMap(({ role, sites }) => (role === 'treatment' ? sites : []))
  await using loader = new BatchLoader(store, config.normalise)
  const [samples = []] = epochBatches(
    {
      ...{ seed: 5, tilesPerSite: store.tilesPerSite, symmetries: ['identity'], batchSize: 6 },
      pool: samplePool(screen, treated, config.batches, 6),
      controls: new PlateControls(screen, 'control'),
      augmentation: null,
    },
    1,
  )
  const batch = await loader.load(samples)
  if (batch.controlLabels === null) throw new Error('the batch has no controls beside it')
  manualSeed(5)
  using network = createNetwork(modelSection({ architecture: 'resnet18', dropout: 0 }), shape)
  network.train()

  const folder = mkdtempSync(join(tmpdir(), 'phenoprint-pairs-'))
  const state = join(folder, 'state.safetensors')
  const [count, channels, height, width] = batch.shape
  using images = imageTensor(batch.images, batch.shape, 'cpu')
  expect([count, channels, height, width]).toEqual([6, 4, 32, 32])
  writeSafetensors(state, new Map([...network.stateDict(), ['images', images.contiguous()]]))
  const answer = join(folder, 'answer.safetensors')
  const [expectedLoss] = askNumbers(twoInTwoOut, {
    ...{ state, answer, weight: 0.1, labels: [...batch.labels].map(Number) },
    controlLabels: [...batch.controlLabels].map(Number),
  })
  const { tensors: expected } = readSafetensors(answer)
  rmSync(folder, { recursive: true })

  const loss = accumulateGradients(network, batch, {
    ...{ device: 'cpu', precision: 'fp32', microBatch: 6, scaler: null, cellTypes: null },
    loss: new TrainingLoss(config.training.loss, []).at(0, 1),
    pairs: { treatments: screen.classes, controlWeight: config.training.loss.controlWeight },
  })
  expect(loss).toBeCloseTo(expectedLoss ?? Number.NaN, 5)
  const parameters = [...network.namedParameters()]
  const expectSame = (kind: string, valuesOf: (parameter: Tensor) => Tensor | null) => {
    const known = [...expected.keys()].filter((name) => name.startsWith(`${kind}.`))
    expect(parameters.map(([name]) => `${kind}.${name}`).sort()).toEqual(known.sort())
    for (const [name, parameter] of parameters) {
      const [got, other] = [valuesOf(parameter), expected.get(`${kind}.${name}`)]
      if (got === null || other === undefined) throw new Error(`${name} has no ${kind}`)
      const greatest = (of: Tensor) => Number(of.abs().max().item())
      expect(greatest(got.sub(other)), `${kind} of ${name}`).toBeLessThan(1e-3 * greatest(other))
    }
  }
  expectSame('gradient', ({ grad }) => grad)
  using optimiser = new optim.SGD(network.parameters(), { learningRate: 0.1 })
  optimiser.step()
  noGrad(() => expectSame('stepped', (parameter) => parameter))
})
