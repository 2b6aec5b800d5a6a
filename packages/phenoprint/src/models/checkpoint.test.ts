import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { manualSeed, memory } from '@phenoprint/torch'
import { describe, expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { CheckpointError } from '../errors.js'
import { temporaryFolder } from '../testing/folder.js'
import { oraclesPython } from '../testing/python.js'
import { copyCheckpoint, loadCheckpoint, loadNetwork, saveCheckpoint } from './checkpoint.js'
import {
  bestOf,
  cellTypeFolder,
  checkpointFile,
  findCheckpoint,
  pathSegment,
} from './checkpoint-path.js'
import { createNetwork } from './create-network.js'
import { describeNetwork } from './network.js'

const shape = { channels: 2, classes: 3 }
const config = configSchema.parse({ output: 'runs/a', training: { checkpointMinutes: 1 } })

/** A run with checkpoints of these names, each of another seed. */
function savedRun(names: readonly string[], run = temporaryFolder()): string {
  names.forEach((name, seed) => {
    manualSeed(seed)
    using network = createNetwork(config.model, shape)
    const description = describeNetwork(network, config.model, shape)
    saveCheckpoint(checkpointFile(run, name), network, {
      description,
      config,
      epoch: 4,
      trainingLoss: 1.25,
      validation: {
        overall: { count: 2, accuracy: 0.5, balancedAccuracy: 0.5, top5: 1, loss: 1, ece: 0.1 },
        byCellType: {
          U2OS: {
            count: 0,
            accuracy: Number.NaN,
            balancedAccuracy: Number.NaN,
            top5: Number.NaN,
            loss: Number.NaN,
            ece: Number.NaN,
          },
        },
      },
    })
  })
  return run
}

function firstBias(seed: number): number[] {
  manualSeed(seed)
  using network = createNetwork(config.model, shape)
  return network.stateDict().get('classifier.weight')?.toNumbers() ?? []
}

describe('a checkpoint', () => {
  it('brings back weights, description, config and metrics', () => {
    const run = savedRun(['last'])
    const path = checkpointFile(run, 'last')
    manualSeed(9)
    using network = createNetwork(config.model, shape)
    const description = describeNetwork(network, config.model, shape)
    const state = loadCheckpoint(path, network, description)
    expect(network.stateDict().get('classifier.weight')?.toNumbers()).toEqual(firstBias(0))
    expect(state).toMatchObject({ description, epoch: 4, trainingLoss: 1.25 })
    expect(state.validation?.overall.loss).toBe(1)
    expect(state.validation?.byCellType.U2OS?.loss).toBeNaN()
    expect(state.config.model).toEqual(config.model)
    const readable = JSON.parse(readFileSync(path.replace('.safetensors', '.json'), 'utf8'))
    expect(readable).toMatchObject({ description, epoch: 4 })
  })

  it('is the same to the byte wherever the run lies and however often it is saved', () => {
    const run = savedRun(['last'])
    manualSeed(0)
    using network = createNetwork(config.model, shape)
    const elsewhere = configSchema.parse({
      output: 'runs/b',
      training: { checkpointMinutes: 9 },
      stages: [{ verb: 'train', config: 'train.yml' }],
      screen: { reader: 'rxrx1', name: 'RxRx1', folder: 'moved/rxrx1' },
      prediction: { from: 'runs/b' },
      ensemble: { members: { default: [{ run: 'runs/c' }] } },
    })
    const state = loadCheckpoint(
      checkpointFile(run, 'last'),
      network,
      describeNetwork(network, config.model, shape),
    )
    const other = checkpointFile(temporaryFolder(), 'last')
    saveCheckpoint(other, network, { ...state, config: elsewhere })
    expect(readFileSync(other).equals(readFileSync(checkpointFile(run, 'last')))).toBe(true)
  })

  it('can be read by the safetensors library, under the names of timm', () => {
    const run = savedRun(['last'])
    const script = `
import sys, json
from safetensors import safe_open
with safe_open(sys.argv[1], 'pt') as file:
    print(json.dumps({'names': list(file.keys()), 'stem': file.get_tensor('conv_stem.weight').shape,
                      'epoch': json.loads(file.metadata()['phenoprint'])['epoch']}))`
    const answer = execFileSync(oraclesPython, ['-c', script, checkpointFile(run, 'last')])
    const { names, stem, epoch } = JSON.parse(answer.toString())
    expect(stem).toEqual([32, 2, 3, 3])
    expect(epoch).toBe(4)
    expect(names).toContain('blocks.6.0.bn3.running_var')
  })

  it('is refused with what differs when it is of another architecture', () => {
    const path = checkpointFile(savedRun(['last']), 'last')
    const b2 = configSchema.parse({ model: { architecture: 'efficientnet-b2' } }).model
    using network = createNetwork(b2, { channels: 2, classes: 5 })
    const attempt = () =>
      loadCheckpoint(path, network, describeNetwork(network, b2, { channels: 2, classes: 5 }))
    expect(attempt).toThrow(CheckpointError)
    expect(attempt).toThrow(
      /architecture: got efficientnet-b0, expected efficientnet-b2; classes: got 3, expected 5/,
    )
  })

  it.each([
    [
      'truncated',
      (path: string) => truncateSync(path, statSync(path).size - 4096),
      /The file is damaged/,
    ],
    ['cut to its header', (path: string) => truncateSync(path, 100), /The file is damaged/],
    ['empty', (path: string) => truncateSync(path, 0), /The file is damaged/],
    ['another file', (path: string) => writeFileSync(path, 'weights'), /The file is damaged/],
    ['gone', (path: string) => rmSync(path), /there is no .*last.safetensors/],
  ])('is refused when it is %s', (_, damage, message) => {
    const run = savedRun(['last', 'best'])
    damage(checkpointFile(run, 'last'))
    expect(() => loadNetwork(run, 'last')).toThrow(CheckpointError)
    expect(() => loadNetwork(run, 'last')).toThrow(message)
  })

  it('is refused when its state is not ours', () => {
    const run = savedRun(['last'])
    const path = checkpointFile(run, 'last')
    const bytes = readFileSync(path)
    const at = bytes.indexOf('"phenoprint"')
    bytes.write('"phenoprinT"', at)
    writeFileSync(path, bytes)
    expect(() => loadNetwork(run, 'last')).toThrow(/not the state that Phenoprint writes/)
  })

  it('is not written twice for a second name, and the copy stays when the first is replaced', () => {
    const run = savedRun(['last'])
    const [last, best] = ['last', 'best'].map((name) => checkpointFile(run, name))
    if (last === undefined || best === undefined) throw new Error('two paths')
    copyCheckpoint(last, best)
    expect(statSync(best).ino).toBe(statSync(last).ino)
    const before = readFileSync(best)
    savedRun(['other', 'last'], run)
    expect(readFileSync(best).equals(before)).toBe(true)
    expect(readFileSync(last).equals(before)).toBe(false)
    expect(existsSync(best.replace('.safetensors', '.json'))).toBe(true)
  })

  it('leaves no tensor behind but those of the network', () => {
    const run = savedRun(['last'])
    const { tensors } = memory.live()
    const { network } = loadNetwork(run, 'last')
    expect(memory.live().tensors).toBe(tensors + network.stateDict().size)
    network.dispose()
    expect(memory.live().tensors).toBe(tensors)
  })
})

describe('findCheckpoint', () => {
  it('finds the epochs of a run of train', () => {
    const run = savedRun(['last', 'best', bestOf('HUVEC')])
    expect(findCheckpoint(run, 'best')).toBe(join(run, 'checkpoints/best.safetensors'))
    expect(findCheckpoint(run, 'last', 'HUVEC')).toBe(join(run, 'checkpoints/last.safetensors'))
    expect(findCheckpoint(run, 'bestByCellType', 'HUVEC')).toBe(
      join(run, 'checkpoints/best-HUVEC.safetensors'),
    )
  })

  it('finds the epochs of each cell type of a run of fine-tune', () => {
    const run = temporaryFolder()
    savedRun(['last', 'best'], cellTypeFolder(run, 'HUVEC'))
    expect(findCheckpoint(run, 'best', 'HUVEC')).toBe(
      join(run, 'HUVEC/checkpoints/best.safetensors'),
    )
    expect(findCheckpoint(run, 'bestByCellType', 'HUVEC')).toBe(
      join(run, 'HUVEC/checkpoints/best.safetensors'),
    )
    expect(findCheckpoint(run, 'last', 'HUVEC')).toBe(
      join(run, 'HUVEC/checkpoints/last.safetensors'),
    )
    expect(() => findCheckpoint(run, 'best')).toThrow(/it has networks for HUVEC/)
    expect(() => findCheckpoint(run, 'best', 'U2OS')).toThrow(/Nothing has been saved there yet/)
  })

  it('says what there is instead', () => {
    const run = savedRun(['last'])
    expect(() => findCheckpoint(run, 'best')).toThrow(
      /there is no .*best.safetensors. There is: last. Without validation units/,
    )
    expect(() => findCheckpoint(run, 'bestByCellType')).toThrow(/needs a cell type/)
    expect(() => findCheckpoint(join(run, 'nowhere'), 'best')).toThrow(/there is no .*nowhere/)
  })

  it('keeps names of cell types inside one folder', () => {
    expect(pathSegment('HEPG2')).toBe('HEPG2')
    expect(pathSegment('../U2 OS')).toBe('%2E%2E%2FU2%20OS')
    expect(pathSegment('..')).toBe('%2E%2E')
  })
})
