import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { ConfigError } from '../errors.js'
import { folderOf } from '../testing/folder.js'
import { loadConfig } from './load.js'
import { configToYaml } from './to-yaml.js'

/** Loads `main.yml` of a folder of files. */
function load(files: Record<string, string>, ...set: string[]) {
  return loadConfig(join(folderOf(files), 'main.yml'), { set })
}

/** The message of the ConfigError, with the temporary folder left out. */
function fault(files: Record<string, string>, ...set: string[]): string {
  const folder = folderOf(files)
  try {
    loadConfig(join(folder, 'main.yml'), { set })
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return error instanceof Error ? error.message.replaceAll(`${folder}/`, '') : ''
  }
  throw new Error('expected a ConfigError')
}

/** A reference to an environment variable. */
function variable(inner: string): string {
  return `$\{${inner}}`
}

describe('what a configuration is made of', () => {
  it('gets defaults for what it does not say', () => {
    const config = load({ 'main.yml': '' })
    expect(config.seed).toBe(1)
    expect(config.training.optimiser.learningRate).toBe(1e-3)
    expect(config.screen).toBeUndefined()
  })

  it('merges maps over what it extends, and replaces lists and values', () => {
    const config = load({
      'shared/base.yml':
        'seed: 7\nbatches: { symmetries: [rot90, flipX] }\ntraining: { epochs: 3, optimiser: { name: sgd, momentum: 0.5 } }',
      'main.yml':
        'extends: shared/base.yml\nbatches: { symmetries: [identity] }\ntraining: { optimiser: { momentum: 0.7 } }',
    })
    expect(config.seed).toBe(7)
    expect(config.batches.symmetries).toEqual(['identity'])
    expect(config.training.epochs).toBe(3)
    expect(config.training.optimiser).toMatchObject({ name: 'sgd', momentum: 0.7 })
  })

  it('lets the later file of a list win, each relative to the file that names it', () => {
    const config = load({
      'main.yml': 'extends: [a/first.yml, second.yml]',
      'a/first.yml': 'extends: deeper.yml\ntraining: { epochs: 1 }',
      'a/deeper.yml': 'seed: 5\ntraining: { epochs: 9, batchSize: 4 }',
      'second.yml': 'training: { epochs: 2 }',
    })
    expect(config).toMatchObject({ seed: 5, training: { epochs: 2, batchSize: 4 } })
  })

  it('replaces a value that may be of several kinds as a whole', () => {
    const config = load({
      'base.yml': 'split: { by: plate, validation: { folds: 5, fold: 1 } }',
      'main.yml': 'extends: base.yml\nsplit: { validation: { HeLa: [LT0001] } }',
    })
    expect(config.split).toMatchObject({ by: 'plate', validation: { HeLa: ['LT0001'] } })
  })

  it('takes an inherited key back with null', () => {
    const config = load({
      'base.yml': 'training: { epochs: 3, earlyStopping: { patience: 2 } }',
      'main.yml': 'extends: base.yml\ntraining: { epochs: ~, earlyStopping: }',
    })
    expect(config.training.earlyStopping).toBeUndefined()
    expect(config.training.epochs).toBe(40)
  })

  it('reads what it wrote to the same values', () => {
    const config = load({
      'main.yml': `output: 'runs/$${variable('NOT_A_VARIABLE')} #1'\ntraining: { optimiser: { eps: 1e-7 } }`,
    })
    expect(config.output).toBe(`runs/${variable('NOT_A_VARIABLE')} #1`)
    expect(load({ 'main.yml': configToYaml(config) })).toEqual(config)
  })
})

describe('--set', () => {
  it('wins over the file, the later over the earlier, each value read as YAML', () => {
    const config = load(
      { 'main.yml': 'training: { epochs: 3 }' },
      'training.epochs=4',
      'training.epochs=5',
      'training.optimiser.betas=[0.5, 0.9]',
      'normalise={by: plate}',
      'split.validation.folds=3',
      'split.validation.fold=0',
    )
    expect(config.training.epochs).toBe(5)
    expect(config.training.optimiser.betas).toEqual([0.5, 0.9])
    expect(config.normalise.by).toBe('plate')
    expect(config.split.validation).toEqual({ folds: 3, fold: 0 })
  })

  it('reaches an item of a list', () => {
    const files = { 'main.yml': 'stages: [{ verb: train, config: a.yml }]' }
    expect(load(files, 'stages.0.config=b.yml').stages?.[0]?.config).toBe('b.yml')
  })

  it('names the flag in its errors', () => {
    const files = { 'main.yml': 'seed: 1' }
    expect(fault(files, 'trianing.epochs=5')).toContain(
      'config: --set trianing.epochs=5: unknown key "trianing". Did you mean training?',
    )
    expect(fault(files, 'training.epochs=many')).toContain(
      'config: --set training.epochs=many: training.epochs: got "many" (text), expected a whole number above 0',
    )
    expect(fault(files, 'seed.of.what=5')).toContain('config: --set seed.of.what=5: seed: got')
    expect(fault(files, 'training.epochs')).toContain('expected KEY=VALUE')
    expect(fault(files, 'seed={')).toContain('config: --set seed={: not valid YAML')
  })
})

describe('environment variables', () => {
  it('are expanded, with a default where they are unset or empty', () => {
    vi.stubEnv('PHENOPRINT_TEST', '/data')
    vi.stubEnv('PHENOPRINT_EMPTY', '')
    const twelve = variable('PHENOPRINT_UNSET:-12')
    const text = [
      `output: ${variable('PHENOPRINT_TEST:-x')}/${variable('PHENOPRINT_EMPTY:-y')}/${variable('PHENOPRINT_UNSET:-../z')}`,
      `seed: ${twelve}`,
      `store: { path: "${twelve}" }`,
    ].join('\n')
    const config = load({ 'main.yml': text })
    expect(config).toMatchObject({ output: '/data/y/../z', seed: 12, store: { path: '12' } })
    vi.unstubAllEnvs()
  })

  it('without default and value are an error with their place', () => {
    const unset = variable('PHENOPRINT_UNSET')
    expect(fault({ 'main.yml': `seed: 1\noutput: ${unset}/x` })).toBe(
      `config: main.yml:2:9: the environment variable PHENOPRINT_UNSET is not set. Set it, or give a default: ${variable('PHENOPRINT_UNSET:-value')}.`,
    )
    expect(fault({ 'main.yml': `output: ${variable('a b')}` })).toContain(
      'main.yml:1:9: cannot read',
    )
  })
})

describe('faults', () => {
  it('names file, line, column and the key that was meant, wherever that one is', () => {
    expect(fault({ 'main.yml': 'seed: 1\n\ntraining:\n  ealryStopping: {}\n' })).toMatch(
      /^config: main\.yml:4:3: unknown key "ealryStopping"\. Did you mean training\.earlyStopping\? Known keys here: epochs, batchSize, /,
    )
    expect(fault({ 'main.yml': 'patience: 3' })).toContain(
      'main.yml:1:1: unknown key "patience". Did you mean training.earlyStopping.patience?',
    )
    expect(fault({ 'main.yml': 'training.epochs: 3' })).toContain('Did you mean training.epochs?')
    expect(fault({ 'main.yml': 'early_stopping: 3' })).toContain('training.earlyStopping?')
    expect(fault({ 'main.yml': 'bananas: 3' })).not.toContain('Did you mean')
  })

  it('says what it got and what it expected', () => {
    expect(fault({ 'main.yml': 'training: { epochs: many }' })).toBe(
      'config: main.yml:1:21: training.epochs: got "many" (text), expected a whole number above 0 (Passes over the training sites, at most).',
    )
    expect(fault({ 'main.yml': 'training: [1, 2]' })).toContain('got a list of 2, expected a map')
    expect(fault({ 'main.yml': 'device: gpu' })).toContain('expected cpu, cuda or cuda:<index>')
    expect(fault({ 'main.yml': 'normalise: { by: well }' })).toContain(
      'got "well" (text), expected one of tile, site, plate, negativeControls, experiment, all',
    )
    expect(fault({ 'main.yml': 'model: { dropout: 1.5 }' })).toContain(
      'got 1.5, expected a number from 0 to 1',
    )
  })

  it('names a missing key and the place of the map that lacks it', () => {
    expect(fault({ 'main.yml': 'seed: 1\nfineTune: { cellTypes: each }' })).toContain(
      'main.yml:2:1: fineTune lacks the key "from": expected text (Run directory of the overall training).',
    )
    expect(fault({ 'main.yml': 'screen: { name: x }' })).toContain('screen lacks the key "reader"')
  })

  it('explains a value of several kinds by the kind it comes nearest to', () => {
    const message = fault({ 'main.yml': 'split: { validation: { folds: 5, fodl: 1 } }' })
    expect(message).toContain('unknown key "fodl". Did you mean split.validation.fold?')
    expect(fault({ 'main.yml': 'split: { validation: { HeLa: LT1 } }' })).toContain(
      'split.validation.HeLa: got "LT1" (text), expected a list',
    )
  })

  it('knows only the keys of the reader that the screen names', () => {
    const message = fault({
      'main.yml': 'screen: { reader: rxrx1, name: a, folder: b, tabel: c }',
    })
    expect(message).toContain('unknown key "tabel"')
    expect(message).toMatch(/Known keys here: reader, name, folder, onMissing, classes, answers/)
    expect(message).not.toContain('columns,')
    const channels = 'screen: { reader: rxrx1, name: a, folder: b, channels: [] }'
    expect(fault({ 'main.yml': channels })).not.toContain('Did you mean screen.channels?')
  })

  it('names the file that an inherited key came from', () => {
    const files = { 'main.yml': 'extends: base.yml', 'base.yml': 'seed: 1\ndevise: cpu' }
    expect(fault(files)).toContain('base.yml:2:1 (which main.yml extends): unknown key "devise"')
  })

  it('tells all faults at once', () => {
    expect(fault({ 'main.yml': 'seed: -1\ndevise: cpu' }).split('\n')).toHaveLength(2)
  })

  it.each([
    ['a: [1', 'main.yml:1:6: not valid YAML'],
    ['seed: 1\nseed: 2', 'main.yml:2:1: the key "seed" stands here for the second time'],
    ['training:\n\tepochs: 1', 'main.yml:2:1: not valid YAML: indent with spaces, not tabs'],
    ['- a\n- b', 'main.yml:1:1: got a list, expected a map of sections'],
    ['hello', 'main.yml:1:1: got a single value, expected a map of sections'],
    [
      'a: &a [*a]',
      'main.yml:1:7: nested more than 64 levels deep, expected at most that. Is there an alias',
    ],
    ['seed: 1\n---\nseed: 2', 'main.yml:2:1: a second document begins here (---), expected one'],
    ['extends: 3', 'main.yml:1:10: extends: expected a file or a list of files'],
  ])('has one message for the text %j', (text, message) => {
    expect(fault({ 'main.yml': text })).toContain(message)
  })

  it('says how many there may be', () => {
    expect(fault({ 'main.yml': 'training: { threads: 5000 }' })).toContain(
      'got 5000, expected a whole number above 0, 4,096 at most',
    )
    expect(fault({ 'main.yml': 'ensemble: { members: { default: [] } }' })).toContain(
      'got a list of 0, expected a list of at least 1, each a map with run, weight',
    )
  })

  it('names a missing file, and one that is near', () => {
    const folder = folderOf({ 'train.yml': '' })
    expect(() => loadConfig(join(folder, 'trian.yml'))).toThrow(
      `config: there is no file ${folder}/trian.yml. Did you mean ${folder}/train.yml?`,
    )
    expect(() => loadConfig(folder)).toThrow(/is a folder; expected a YAML file/)
    expect(fault({ 'main.yml': 'seed: 1\nextends: [gone.yml]' })).toContain(
      'main.yml:2:11: extends "gone.yml": there is no file gone.yml.',
    )
  })

  it('refuses files that extend each other', () => {
    const files = { 'main.yml': 'extends: other.yml', 'other.yml': 'extends: main.yml' }
    expect(fault(files)).toBe(
      'config: other.yml:1:10: a cycle: main.yml extends other.yml extends main.yml. Remove one of these extends.',
    )
  })
})
