import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { CheckpointError, ConfigError, InterruptedError } from '../errors.js'
import { silentReporter, type VerbResult } from '../run/reporter.js'
import { folderOf } from '../testing/folder.js'
import { loadPlan, type Plan } from './plan.js'
import { run } from './run.js'
import { StageError } from './stage-error.js'
import type { Verb, VerbName } from './verbs.js'

const files = {
  'all.yml': `stages:
  - { verb: simulate, config: simulate.yml }
  - { verb: train, config: models/train.yml }
  - verb: train
    config: models/train.yml
    set: { output: runs/second, training.epochs: 7, split.validation: { HUVEC: [HUVEC-16] } }
  - { verb: ensemble, config: ensemble.yml }
`,
  'simulate.yml': 'simulation: { folder: screen }',
  'models/train.yml':
    'extends: ../base.yml\noutput: runs/first\ntraining: { epochs: 3 }\nsplit: { validation: { folds: 3, fold: 0 } }',
  'base.yml': 'seed: 4\nstore: { path: store }',
  'ensemble.yml': 'ensemble: { members: { default: [{ run: runs/a }] } }',
}

function plan(...set: string[]): Plan {
  return loadPlan(join(folderOf(files), 'all.yml'), { set })
}

/** The ConfigError of a plan. */
function fault(changed: Record<string, string>, ...set: string[]): string {
  const folder = folderOf({ ...files, ...changed })
  try {
    loadPlan(join(folder, 'all.yml'), { set })
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return error instanceof Error ? error.message.replaceAll(`${folder}/`, '') : ''
  }
  throw new Error('expected a ConfigError')
}

/** Verbs that tell what they were called with, and end as the test wants. */
function verbs(end: (name: VerbName, call: number) => VerbResult | Error) {
  const calls: [VerbName, string | undefined, number][] = []
  const load = async (name: VerbName): Promise<Verb> => {
    return async (config) => {
      calls.push([name, config.output, config.training.epochs])
      const outcome = end(name, calls.length)
      if (outcome instanceof Error) throw outcome
      return outcome
    }
  }
  return { calls, load }
}

const done: VerbResult = { status: 'done', figures: { accuracy: 0.5 }, files: ['a.json'] }

describe('loadPlan', () => {
  it('reads each stage beside the file that lists it, with its own changes', () => {
    const { stages } = plan()
    expect(stages.map(({ verb }) => verb)).toEqual(['simulate', 'train', 'train', 'ensemble'])
    expect(stages[1]?.config).toMatchObject({
      seed: 4,
      output: 'runs/first',
      training: { epochs: 3 },
    })
    expect(stages[2]?.config).toMatchObject({
      seed: 4,
      output: 'runs/second',
      training: { epochs: 7 },
      split: { validation: { HUVEC: ['HUVEC-16'] } },
    })
  })

  it("finds a stage's file beside the file that it was inherited from", () => {
    const folder = folderOf({ ...files, 'deep/mine.yml': 'extends: ../all.yml' })
    expect(loadPlan(join(folder, 'deep/mine.yml')).stages[0]?.file).toBe(
      join(folder, 'simulate.yml'),
    )
  })

  it('puts the command line over every stage that has the section', () => {
    const { stages } = plan('training.epochs=2', 'ensemble.reduce=rankMean')
    expect(stages.map(({ config }) => config.training.epochs)).toEqual([2, 2, 2, 2])
    expect(stages.map(({ config }) => config.ensemble?.reduce)).toEqual([
      undefined,
      undefined,
      undefined,
      'rankMean',
    ])
  })

  it('tells a fault in any stage before the first one starts', () => {
    expect(fault({ 'ensemble.yml': 'ensemble: { mebmers: {} }' })).toContain(
      'config: ensemble.yml:1:13: unknown key "mebmers". Did you mean ensemble.members?',
    )
    expect(fault({ 'all.yml': 'stages: [{ verb: train, config: gone.yml }]' })).toContain(
      'config: there is no file gone.yml.',
    )
    expect(
      fault({ 'all.yml': 'stages: [{ verb: train, config: base.yml, set: { sead: 1 } }]' }),
    ).toBe(
      `config: all.yml: stage 1: sead: unknown key "sead". Did you mean seed? Known keys here: ${Object.keys(configSchema.shape).join(', ')}.`,
    )
    expect(fault({ 'all.yml': 'seed: 1' })).toContain('has no "stages"')
  })

  it('refuses a change that no stage can take, or that would send all to one folder', () => {
    expect(fault({}, 'prediction.from=x')).toContain(
      '--set prediction.from=x: no stage of all.yml has the section "prediction"',
    )
    expect(fault({}, 'output=x')).toContain('every stage would write to this folder')
    expect(fault({}, 'trianing.epochs=1')).toContain('unknown key "trianing"')
  })
})

describe('run', () => {
  it('runs the stages in order and gathers their figures and files', async () => {
    const { calls, load } = verbs(() => done)
    const result = await run(plan(), silentReporter, load)
    expect(calls).toEqual([
      ['simulate', undefined, 40],
      ['train', 'runs/first', 3],
      ['train', 'runs/second', 7],
      ['ensemble', undefined, 40],
    ])
    expect(result).toMatchObject({ status: 'done', files: ['a.json'] })
    expect(result.figures.stages).toHaveLength(4)
  })

  it('passes over finished stages with a word', async () => {
    const said: string[] = []
    const reporter = { ...silentReporter, say: (line: string) => said.push(line) }
    const { load } = verbs(() => ({ ...done, status: 'already done' }))
    expect((await run(plan(), reporter, load)).status).toBe('already done')
    expect(said.filter((line) => line.endsWith(': was done already'))).toHaveLength(4)
    expect(said[2]).toMatch(/^stage 2 of 4, train \(.*models\/train\.yml\)$/)
  })

  it.each([
    [new CheckpointError('checkpoint: broken'), 3],
    [new TypeError('x is undefined'), 1],
  ])('stops at the first failure, naming stage and file: %s', async (error, exitCode) => {
    const { calls, load } = verbs((_, call) => (call === 2 ? error : done))
    const running = run(plan(), silentReporter, load)
    await expect(running).rejects.toThrow(StageError)
    await expect(running).rejects.toThrow(
      new RegExp(`^stage 2 of 4, train \\(.*models/train\\.yml\\): ${error.message}$`),
    )
    await expect(running).rejects.toMatchObject({ exitCode, cause: error })
    expect(calls).toHaveLength(2)
  })

  it('starts no further stage once it was asked to stop', async () => {
    const controller = new AbortController()
    const { calls, load } = verbs(() => {
      controller.abort(new InterruptedError('stopped by Ctrl-C', 130))
      return done
    })
    const running = run(plan(), { ...silentReporter, signal: controller.signal }, load)
    await expect(running).rejects.toMatchObject({ exitCode: 130 })
    expect(calls).toHaveLength(1)
  })
})
