import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { manualSeed, memory, type Tensor, tidy, writeSafetensors } from '@phenoprint/torch'
import { describe, expect, it } from 'vitest'
import { CheckpointError } from '../errors.js'
import { temporaryFolder } from '../testing/folder.js'
import { createNetwork } from './create-network.js'
import type { Network } from './network.js'
import { describePretrained, loadPretrained } from './pretrained.js'
import { modelSection } from './reference.test.support.js'

const section = modelSection()
function network(seed: number, shape: { channels: number; classes: number }): Network {
  manualSeed(seed)
  return createNetwork(section, shape)
}

/** A file of a network's weights, changed as told. */
function fileOf(of: Network, change: (tensors: Map<string, Tensor>) => void = () => {}): string {
  const tensors = new Map(of.stateDict())
  change(tensors)
  const path = join(temporaryFolder(), 'weights.safetensors')
  writeSafetensors(path, tensors)
  return path
}

function numbers(of: Network, name: string): number[] {
  return of.stateDict().get(name)?.toNumbers() ?? []
}

describe('loadPretrained', () => {
  it('takes over every weight of a network of the same shape', () => {
    using published = network(1, { channels: 3, classes: 4 })
    using own = network(2, { channels: 3, classes: 4 })
    const report = loadPretrained(own, fileOf(published))
    expect(report).toEqual({
      loaded: published.stateDict().size,
      stem: null,
      classifier: null,
      missing: [],
      unexpected: [],
    })
    for (const name of [
      'conv_stem.weight',
      'blocks.3.1.se.conv_reduce.bias',
      'classifier.weight',
    ]) {
      expect(numbers(own, name)).toEqual(numbers(published, name))
    }
  })

  it('leaves no tensor behind', () => {
    using own = network(2, { channels: 6, classes: 7 })
    using published = network(1, { channels: 3, classes: 4 })
    const path = fileOf(published)
    const { tensors } = memory.live()
    loadPretrained(own, path)
    expect(memory.live().tensors).toBe(tensors)
  })

  it('adapts the first convolution and keeps a fresh classifier, and says so', () => {
    using published = network(1, { channels: 3, classes: 4 })
    using own = network(2, { channels: 6, classes: 7 })
    const fresh = numbers(own, 'classifier.weight')
    const path = fileOf(published)
    const report = loadPretrained(own, path)
    expect(report.stem).toEqual({ got: 3, expected: 6, rule: 'scaled' })
    expect(report.classifier).toEqual({ got: 4, expected: 7 })
    expect(report.missing).toEqual([])
    expect(numbers(own, 'classifier.weight')).toEqual(fresh)
    expect(numbers(own, 'classifier.bias')).toEqual([0, 0, 0, 0, 0, 0, 0])
    const halved = tidy(() =>
      published.stateDict().get('conv_stem.weight')?.mul(0.5).flatten({ startDim: 1 }).toNumbers(),
    )
    // Out 0 of the adapted stem: the three channels twice, halved.
    expect(numbers(own, 'conv_stem.weight').slice(0, 54)).toEqual([
      ...(halved?.slice(0, 27) ?? []),
      ...(halved?.slice(0, 27) ?? []),
    ])
    expect(describePretrained('b0.safetensors', report)).toEqual([
      `Starts from b0.safetensors: ${report.loaded} tensors loaded.`,
      'The first convolution was made for 3 channels: adapted to 6.',
      'The classifier was made for 4 classes: drawn afresh for 7.',
    ])
  })

  it('copies the first convolution as it is, or draws it afresh, where that is asked for', () => {
    using published = network(1, { channels: 3, classes: 4 })
    using copied = network(2, { channels: 6, classes: 4 })
    using fresh = network(3, { channels: 3, classes: 4 })
    const path = fileOf(published)
    const stem = numbers(published, 'conv_stem.weight').slice(0, 27)
    const report = loadPretrained(copied, path, 'copied')
    expect(numbers(copied, 'conv_stem.weight').slice(0, 54)).toEqual([...stem, ...stem])
    expect(describePretrained(path, report)[1]).toBe(
      'The first convolution was made for 3 channels: copied to 6.',
    )
    const drawn = numbers(fresh, 'conv_stem.weight')
    const freshReport = loadPretrained(fresh, path, 'fresh')
    expect(numbers(fresh, 'conv_stem.weight')).toEqual(drawn)
    expect(numbers(fresh, 'bn1.weight')).toEqual(numbers(published, 'bn1.weight'))
    expect(freshReport.missing).toEqual([])
    expect(describePretrained(path, freshReport)[1]).toBe(
      'The first convolution was drawn afresh for 3 channels.',
    )
  })

  it('leaves a head that the file does not have fresh, and says so', () => {
    using published = network(1, { channels: 3, classes: 4 })
    manualSeed(2)
    using own = createNetwork(modelSection({ head: { name: 'embedding', size: 8, scale: 30 } }), {
      channels: 3,
      classes: 4,
    })
    const report = loadPretrained(own, fileOf(published))
    expect(report.missing).toContain('classifier.linear1.weight')
    expect(report.missing.every((name) => name.startsWith('classifier.'))).toBe(true)
    expect([...report.unexpected].sort()).toEqual(['classifier.bias', 'classifier.weight'])
    expect(numbers(own, 'conv_head.weight')).toEqual(numbers(published, 'conv_head.weight'))
  })

  it("reads torchvision's older names of DenseNets", () => {
    const dense = modelSection({ architecture: 'densenet121' })
    manualSeed(1)
    using published = createNetwork(dense, { channels: 3, classes: 4 })
    manualSeed(2)
    using own = createNetwork(dense, { channels: 3, classes: 4 })
    const path = fileOf(published, (tensors) => {
      for (const [name, value] of [...tensors]) {
        tensors.delete(name)
        tensors.set(name.replace(/(denselayer\d+\.(?:norm|conv))(\d)/, '$1.$2'), value)
      }
      expect([...tensors.keys()]).toContain('features.denseblock1.denselayer1.norm.1.weight')
    })
    const report = loadPretrained(own, path)
    expect([report.missing, report.unexpected]).toEqual([[], []])
    const last = 'features.denseblock4.denselayer16.conv2.weight'
    expect(numbers(own, last)).toEqual(numbers(published, last))
  })

  it('lists what is missing and what it does not know; counters do not matter', () => {
    using published = network(1, { channels: 3, classes: 4 })
    using own = network(2, { channels: 3, classes: 4 })
    const path = fileOf(published, (tensors) => {
      const bias = tensors.get('bn1.bias')
      if (bias !== undefined) tensors.set('extra.bias', bias)
      tensors.delete('bn1.bias')
      for (const name of tensors.keys()) {
        if (name.endsWith('num_batches_tracked')) tensors.delete(name)
      }
    })
    const report = loadPretrained(own, path)
    expect(report.missing).toEqual(['bn1.bias'])
    expect(report.unexpected).toEqual(['extra.bias'])
    expect(describePretrained(path, report).slice(1)).toEqual([
      'Not in the file, drawn afresh: bn1.bias.',
      'In the file and not used: extra.bias.',
    ])
  })

  it('refuses another architecture, and leaves the network as it was', () => {
    manualSeed(1)
    using other = createNetwork(modelSection({ architecture: 'efficientnet-b3' }), {
      channels: 3,
      classes: 4,
    })
    using own = network(2, { channels: 3, classes: 4 })
    const before = numbers(own, 'bn1.weight')
    const attempt = () => loadPretrained(own, fileOf(other))
    expect(attempt).toThrow(CheckpointError)
    expect(attempt).toThrow(
      /another architecture: \d+ of another shape \(conv_stem.weight is \[40, 3, 3, 3\], expected \[32/,
    )
    expect(attempt).toThrow(/; \d+ unexpected \(blocks\./)
    expect(numbers(own, 'bn1.weight')).toEqual(before)
  })

  it('refuses a file of names it does not know', () => {
    using own = network(2, { channels: 3, classes: 4 })
    const path = fileOf(own, (tensors) => {
      for (const [name, value] of [...tensors]) {
        tensors.delete(name)
        tensors.set(`features.${name}`, value)
      }
    })
    expect(() => loadPretrained(own, path)).toThrow(
      /130 missing \(conv_stem.weight, .*\d+ unexpected \(features\..*in timm's names/,
    )
  })

  it('refuses a file that is truncated, missing, or no safetensors file', () => {
    using own = network(2, { channels: 3, classes: 4 })
    const path = fileOf(own)
    truncateSync(path, readFileSync(path).length - 1000)
    expect(() => loadPretrained(own, path)).toThrow(CheckpointError)
    writeFileSync(path, 'not a checkpoint')
    expect(() => loadPretrained(own, path)).toThrow(CheckpointError)
    rmSync(path)
    expect(() => loadPretrained(own, path)).toThrow(/cannot read/)
  })
})
