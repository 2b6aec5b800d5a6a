import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  manualSeed,
  randn,
  readSafetensors,
  setThreads,
  type Tensor,
  tensor,
  tidy,
  writeSafetensors,
} from '@phenoprint/torch'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Sample, SiteView } from '../batches/samples.js'
import { ConfigError } from '../errors.js'
import { createNetwork } from '../models/create-network.js'
import { modelSection } from '../models/reference.test.support.js'
import { randomStream } from '../random.js'
import { itOnDevices } from '../testing/devices.js'
import { oraclesPython } from '../testing/python.js'
import { type Adaptation, AdaptedNetwork, checkAdaptation } from './adapted-network.js'
import type { UnitOptions } from './predict-units.js'
import { screenOf } from './screen.test.support.js'

beforeEach(() => setThreads(1))

const control = { label: 3, role: 'negativeControl' } as const
const screen = screenOf({
  'RPE-01/1': [{ label: 0 }, { label: 1, sites: 1 }, { label: 2 }, control],
  'RPE-01/2': [{ label: 2, sites: 3 }, { label: 0 }, control],
})
const side = 40
const options: UnitOptions = {
  ...{ device: 'cpu', batchSize: 5, classes: 3, tilesPerSite: 2, reduce: 'logitMean' },
  symmetries: ['identity', 'rot180'],
}

/** Images drawn from their views' keys, and every batch that was asked for. */
function recordingLoader() {
  const batches: { samples: readonly Sample[]; controls: readonly SiteView[] }[] = []
  const images = (views: readonly SiteView[]) => {
    const all = new Float32Array(views.length * side * side * 2)
    views.forEach(({ site, tile, symmetry }, i) => {
      const draw = randomStream(site, `image ${symmetry}`, tile)
      for (let at = 0; at < side * side * 2; at++) {
        all[i * side * side * 2 + at] = draw.normal() + site / 4
      }
    })
    return all
  }
  return {
    batches,
    images,
    async load(samples: readonly Sample[], controls: readonly SiteView[] = []) {
      batches.push({ samples, controls })
      const shape = [samples.length, 2, side, side] as const
      const normControls = controls.length > 0 ? images(controls) : null
      return { images: images(samples), shape, normControls, release() {} }
    },
  }
}

function network() {
  manualSeed(1)
  const made = createNetwork(
    modelSection({ architecture: 'resnet18', dropout: 0.5, dropConnect: 0.5 }),
    { channels: 2, classes: 4 },
  )
  tidy(() => made.forward(randn([4, 2, side, side])))
  return made
}

async function predicted(
  adaptation: Adaptation,
  units: readonly number[],
  group = units,
  batchSize = options.batchSize,
  device = options.device,
) {
  using own = network().to({ device })
  const loader = recordingLoader()
  using adapted = new AdaptedNetwork(own, {
    adaptation,
    screen,
    loader,
    precision: 'fp32',
    seed: 6,
  })
  const found: { unit: number; logits: number[] }[] = []
  const views: { sample: Sample; logits: number[] }[] = []
  const onView = ({ sample, logits }: { sample: Sample; logits: Float32Array }) =>
    views.push({ sample, logits: [...logits] })
  for await (const { unit, logits } of adapted.predict(units, group, {
    ...options,
    device,
    batchSize,
    onView,
  })) {
    found.push({ unit, logits: [...logits] })
  }
  return { found, views, loader }
}

/**
 * What torchvision's ResNet-18, with the same weights, says of batches of views.
 *
 * @param script Computes `out`, a list of logits `[view, class]`, from `net`, `batches` and `asked`.
 */
function askTorchvision(
  loader: ReturnType<typeof recordingLoader>,
  passes: readonly (readonly SiteView[])[],
  asked: readonly (readonly SiteView[])[],
  script: string,
): number[][] {
  const folder = mkdtempSync(join(tmpdir(), 'phenoprint-adapted-'))
  try {
    using own = network()
    tidy(() => {
      const tensors = new Map<string, Tensor>()
      for (const [name, value] of own.stateDict()) tensors.set(`net.${name}`, value)
      const put = (name: string, lots: readonly (readonly SiteView[])[]) => {
        lots.forEach((views, i) => {
          const shape = [views.length, side, side, 2]
          const images = tensor(loader.images(views), { shape }).permute([0, 3, 1, 2]).contiguous()
          tensors.set(`${name}.${i}`, images)
        })
      }
      put('pass', passes)
      put('asked', asked)
      writeSafetensors(join(folder, 'in.safetensors'), tensors)
    })
    const program = `
import sys, torch
from torch import nn
from safetensors.torch import load_file, save_file
library = torch.library.Library("torchvision", "FRAGMENT")
for name in ("nms", "qnms"):
    if not hasattr(torch.ops.torchvision, name):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from torchvision.models import resnet18
d = load_file(sys.argv[1] + "/in.safetensors")
net = resnet18(num_classes=4)
net.conv1 = nn.Conv2d(2, 64, 7, 2, 3, bias=False)
net.load_state_dict({k[4:]: v for k, v in d.items() if k.startswith("net.")})
def lots(name): return [d[f"{name}.{i}"] for i in range(sum(k.startswith(name + ".") for k in d))]
passes, asked = lots("pass"), lots("asked")
with torch.no_grad():
${script.replaceAll('\n', '\n    ')}
save_file({str(i): x.contiguous() for i, x in enumerate(out)}, sys.argv[1] + "/out.safetensors")`
    writeFileSync(join(folder, 'program.py'), program)
    execFileSync(oraclesPython, [join(folder, 'program.py'), folder])
    const { tensors } = readSafetensors(join(folder, 'out.safetensors'))
    return asked.flatMap((views, i) => {
      const numbers = tensors.get(`${i}`)?.toNumbers() ?? []
      return views.map((_, row) => numbers.slice(row * 4, row * 4 + 3))
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Views told by hand, in the order of the units; each has the logits expected of it. */
function expectViews(
  views: readonly { sample: Sample; logits: number[] }[],
  asked: readonly SiteView[],
  expected: readonly number[][],
) {
  const keyOf = ({ site, tile, symmetry }: SiteView) => `${site} ${tile} ${symmetry}`
  const wanted = new Map(asked.map((view, i) => [keyOf(view), expected[i]]))
  expect(views.length).toBe(asked.length)
  for (const { sample, logits } of views) {
    logits.forEach((value, k) => {
      expect(value).toBeCloseTo(wanted.get(keyOf(sample))?.[k] ?? Number.NaN, 3)
    })
  }
}

const first = [0, 1, 2]
const second = [4, 5]

describe('moving batch norm', () => {
  it.each([0, 3])(
    'normalises by the batch alone, %i controls beside it, as in PyTorch',
    async (controls) => {
      const adaptation = { statistics: 'batch', controls } as const
      const { views, found, loader } = await predicted(adaptation, first)
      const asked = loader.batches.map(({ samples, controls }) => [...samples, ...controls])
      const script = `
net.train()
out = [net(x) for x in asked]`
      const expected = askTorchvision(loader, [], asked, script)
      const own = asked.flatMap((lot, i) => lot.map((view, row) => ({ view, row, i })))
      const kept = own.flatMap(({ row, i }, at) =>
        row < (loader.batches[i]?.samples.length ?? 0) ? [at] : [],
      )
      expectViews(
        views,
        kept.flatMap((at) => own[at]?.view ?? []),
        kept.map((at) => expected[at] ?? []),
      )
      expect(found.map(({ unit }) => unit)).toEqual(first)
      // Unit 1 has one site: the mean over its two tiles and two symmetries.
      const ofUnit = views.filter(({ sample }) => sample.site === 2)
      const mean = (k: number) => ofUnit.reduce((sum, { logits }) => sum + (logits[k] ?? 0), 0) / 4
      found[1]?.logits.forEach((value, k) => {
        expect(value).toBeCloseTo(mean(k), 4)
      })
    },
  )

  it('has batches of nearly one size that are of many wells, and of controls of the plate', async () => {
    const { loader } = await predicted({ statistics: 'batch', controls: 4 }, first)
    const sizes = loader.batches.map(({ samples }) => samples.length)
    expect(sizes).toEqual([5, 5, 5, 5])
    for (const { samples, controls } of loader.batches) {
      const units = samples.map(({ site }) => screen.sites[site]?.unit)
      expect(new Set(units).size).toBeGreaterThan(1)
      expect(controls.map(({ site }) => screen.sites[site]?.unit)).toEqual([3, 3, 3, 3])
    }
  })
})

itOnDevices('gives on each device what it gives on the processor', async (device) => {
  for (const adaptation of [
    { statistics: 'batch', controls: 3 },
    { statistics: 'plate', controls: 2 },
  ] as const) {
    const here = await predicted(adaptation, first, first, 5, device)
    const expected = await predicted(adaptation, first)
    expect(here.found.map(({ unit }) => unit)).toEqual(first)
    here.found.forEach(({ logits }, i) => {
      logits.forEach((value, k) => {
        expect(value).toBeCloseTo(expected.found[i]?.logits[k] ?? Number.NaN, 1)
      })
    })
  }
})

it('has no batch of a single view', async () => {
  const { loader } = await predicted({ statistics: 'batch', controls: 0 }, [1], [1], 3)
  expect(loader.batches.map(({ samples }) => samples.length)).toEqual([2, 2])
  const { loader: other } = await predicted({ statistics: 'batch', controls: 0 }, [4], [4], 1)
  expect(other.batches.map(({ samples }) => samples.length)).toEqual([2, 2, 2, 2, 2, 2])
})

describe('statistics taken anew', () => {
  it.each([
    ['plate', 0],
    ['plate', 2],
    ['experiment', 0],
    ['experiment', 2],
  ] as const)(
    'over the %s, %i controls beside each batch, as in PyTorch',
    async (statistics, controls) => {
      const group = statistics === 'plate' ? second : [...first, ...second]
      const { views, loader } = await predicted({ statistics, controls }, second, group)
      const isPass = ({ samples }: { samples: readonly Sample[] }) =>
        loader.batches.slice(0, passes).some((batch) => batch.samples === samples)
      const passes = loader.batches.length - Math.ceil(views.length / options.batchSize)
      const taken = loader.batches.filter(isPass)
      expect(
        new Set(taken.flatMap(({ samples }) => samples.map(({ symmetry }) => symmetry))),
      ).toEqual(new Set(['identity']))
      const seen = taken.flatMap(({ samples }) => samples)
      const sites = group.flatMap((unit) => screen.units[unit]?.sites ?? [])
      expect(new Set(seen.map(({ site }) => site))).toEqual(new Set(sites))
      expect(seen.length).toBe(2 * sites.length)
      for (const { samples, controls: beside } of taken) {
        const plates = [...samples, ...beside].map(
          ({ site }) => screen.units[screen.sites[site]?.unit ?? -1]?.plate,
        )
        expect(new Set(plates).size).toBe(1)
        expect(beside.length).toBe(controls)
      }
      const asked = [views.map(({ sample }) => sample)]
      const script = `
torch.optim.swa_utils.update_bn(passes, net)
net.eval()
out = [net(x) for x in asked]`
      const lots = taken.map(({ samples, controls: beside }) => [...samples, ...beside])
      expectViews(views, asked[0] ?? [], askTorchvision(loader, lots, asked, script))
    },
  )

  it('are taken once for the plates of one group', async () => {
    using own = network()
    const loader = recordingLoader()
    const adaptation = { statistics: 'experiment', controls: 0 } as const
    using adapted = new AdaptedNetwork(own, {
      adaptation,
      screen,
      loader,
      precision: 'fp32',
      seed: 6,
    })
    const group = [...first, ...second]
    const loads: number[] = []
    for (const units of [first, second]) {
      for await (const _ of adapted.predict(units, group, options)) void _
      loads.push(loader.batches.length)
    }
    // 10 views of each plate in the pass (2 batches each), once; then 20 and 20 views to predict.
    expect(loads).toEqual([4 + 4, 4 + 4 + 4])
  })
})

it('refuses controls where none are, or nothing would look at them', async () => {
  const bare = screenOf({ 'RPE-01/1': [{ label: 0 }, { label: 1 }] })
  using own = network()
  const loader = recordingLoader()
  const adaptation = { statistics: 'plate', controls: 2 } as const
  using adapted = new AdaptedNetwork(own, {
    ...{ adaptation, screen: bare, loader, precision: 'fp32', seed: 1 },
  })
  const work = async () => {
    for await (const _ of adapted.predict([0, 1], [0, 1], options)) void _
  }
  await expect(work()).rejects.toThrow(ConfigError)
  await expect(work()).rejects.toThrow(
    'prediction.batchNorm.controls: plate RPE-01/1 has no negative',
  )
  const check = (of: Adaptation, pairs: 'none' | 'control') => () => checkAdaptation(of, pairs, 'k')
  expect(check({ statistics: 'running', controls: 1 }, 'none')).toThrow(
    'k: got controls: 1 and statistics',
  )
  expect(check(adaptation, 'control')).toThrow('takes pairs')
  expect(check(adaptation, 'none')).not.toThrow()
})
