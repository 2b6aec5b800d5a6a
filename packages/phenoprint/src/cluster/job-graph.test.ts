import { describe, expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import type { VerbName } from '../workflows/verbs.js'
import { jobGraph } from './job-graph.js'

const stage = (verb: VerbName, section: object) => ({
  verb,
  config: configSchema.parse({ store: { path: 'stores/demo' }, ...section }),
})

const screen = { reader: 'rxrx1', name: 'a screen', folder: 'screens/demo' }
const stages = [
  stage('simulate', {
    simulation: { folder: 'screens/demo', cellTypes: { A: { train: 1, test: 1 } } },
  }),
  stage('preprocess', { screen }),
  stage('train', { output: 'runs/fold-0' }),
  stage('train', { output: 'runs/fold-1' }),
  stage('fine-tune', { output: 'runs/tuned', fineTune: { from: 'runs/fold-0' } }),
  stage('infer', { output: 'runs/infer-0', prediction: { from: './runs/tuned/' } }),
  stage('infer', { output: 'runs/infer-1', prediction: { from: 'runs/fold-1' } }),
  stage('ensemble', {
    output: 'runs/ensemble',
    ensemble: {
      members: { default: [{ run: 'runs/infer-0' }], A: [{ run: 'runs/infer-1' }] },
    },
  }),
  stage('choose', {
    screen,
    output: 'runs/choose',
    choose: { members: ['runs/infer-0', 'runs/infer-1'] },
  }),
  stage('submit', { screen, output: 'runs/csv', submission: { from: 'runs/choose/best/assign' } }),
]

describe('the jobs of a pipeline', () => {
  it('wait for the stages that make what they read, and for no others', () => {
    const jobs = jobGraph(stages, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1])
    expect(Object.fromEntries(jobs.map(({ name, after }) => [name, after]))).toEqual({
      '01-simulate': [],
      '02-preprocess': ['01-simulate'],
      '03-train': ['02-preprocess'],
      '04-train': ['02-preprocess'],
      '05-fine-tune': ['02-preprocess', '03-train'],
      '06-infer': ['02-preprocess', '05-fine-tune'],
      '07-infer': ['02-preprocess', '04-train'],
      '08-ensemble': ['06-infer', '07-infer'],
      '09-choose': ['01-simulate', '06-infer', '07-infer'],
      '10-submit': ['01-simulate', '09-choose'],
    })
    expect(jobs.every(({ shards }) => shards === null)).toBe(true)
  })

  it('are arrays of shards where a stage falls into some, and a job that puts them together', () => {
    const jobs = jobGraph(stages.slice(0, 5), [9, 4, 9, 9, 2])
    expect(jobs.map(({ name, shards, after }) => [name, shards, after])).toEqual([
      ['01-simulate', null, []],
      ['02-preprocess-shards', 4, ['01-simulate']],
      ['02-preprocess', null, ['02-preprocess-shards']],
      ['03-train', null, ['02-preprocess']],
      ['04-train', null, ['02-preprocess']],
      ['05-fine-tune-shards', 2, ['02-preprocess', '03-train']],
      ['05-fine-tune', null, ['05-fine-tune-shards']],
    ])
  })

  it('wait where a later stage writes into the folder of an earlier one, not beside it', () => {
    const two = (second: string) =>
      jobGraph([stage('train', { output: 'runs/a' }), stage('train', { output: second })], [1, 1])
    expect(two('runs/a/b')[1]?.after).toEqual(['01-train'])
    expect(two('runs')[1]?.after).toEqual(['01-train'])
    expect(two('runs/ab')[1]?.after).toEqual([])
  })
})
