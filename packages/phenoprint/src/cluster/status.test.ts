import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { configToYaml } from '../config/to-yaml.js'
import { writeFileAtomic } from '../run/files.js'
import { silentReporter } from '../run/reporter.js'
import { temporaryFolder } from '../testing/folder.js'
import { jobFolder } from './job-folder.js'
import type { Pipeline } from './pipeline.js'
import { status, statusLines, statusOf } from './status.js'

/** A training, a fine-tuning by two tasks that waits for it, and another training. */
function submitted() {
  const folder = temporaryFolder()
  const files = jobFolder(join(folder, 'slurm'))
  const config = (name: string, section: object = {}) =>
    writeFileAtomic(
      files.config(name),
      configToYaml(configSchema.parse({ output: join(folder, name), ...section })),
    )
  config('01-train')
  config('02-fine-tune', { fineTune: { from: join(folder, '01-train') } })
  config('03-train')
  const job = (
    name: string,
    stage: number,
    shards: number | null,
    after: string[],
    id: string,
  ) => ({
    ...{ name, stage, shards, after },
    submissions: [{ id, tasks: shards === null ? null : [...Array(shards).keys()] }],
  })
  const pipeline: Pipeline = {
    version: 1,
    file: 'all.yml',
    stages: [
      { verb: 'train', file: 'train.yml' },
      { verb: 'fine-tune', file: 'fine-tune.yml' },
      { verb: 'train', file: 'train.yml' },
    ],
    jobs: [
      job('01-train', 0, null, [], '7'),
      job('02-fine-tune-shards', 1, 2, ['01-train'], '8'),
      job('02-fine-tune', 1, null, ['02-fine-tune-shards'], '9'),
      job('03-train', 2, null, [], '10'),
    ],
  }
  const of = (...states: [string, string][]) => {
    const tasks = statusOf(pipeline, files, new Map(states))
    return { tasks, lines: statusLines(pipeline, tasks) }
  }
  return { folder, files, of }
}

describe('the status of a pipeline', () => {
  it('tells progress and time left from the run directories', () => {
    const { folder, of } = submitted()
    mkdirSync(join(folder, '03-train'))
    const epochs = [1, 2, 3].map((epoch) =>
      JSON.stringify({ type: 'epoch', cellType: null, epoch, epochs: 10, seconds: 60 }),
    )
    writeFileSync(join(folder, '03-train/events.jsonl'), `${epochs.join('\n')}\n{"type":"epo`)
    const { lines } = of(
      ['7', 'PENDING'],
      ['8_0', 'PENDING'],
      ['8_1', 'PENDING'],
      ['9', 'PENDING'],
      ['10', 'RUNNING'],
    )
    expect(lines).toEqual([
      '01-train               queued, job 7',
      '  02-fine-tune-shards  queued (2 tasks)',
      '    02-fine-tune       queued, job 9',
      '03-train               running, job 10, epoch 3 of 10, at most about 7 min 00 s left',
    ])
  })

  it('names the log and the last error of what failed, and what was not started for it', () => {
    const { folder, files, of } = submitted()
    mkdirSync(join(folder, '01-train'))
    writeFileSync(join(folder, '01-train/result.json'), '{}')
    writeFileAtomic(files.record('02-fine-tune-shards', 1), '3\n')
    writeFileAtomic(
      files.log('02-fine-tune-shards', 1),
      'phenoprint: an earlier one\nstarts\nphenoprint: store: broken\nslurmstepd: error: bye\n',
    )
    const { lines, tasks } = of(
      ['8_0', 'RUNNING'],
      ['8_1', 'FAILED'],
      ['9', 'CANCELLED'],
      ['10', 'OUT_OF_MEMORY'],
    )
    expect(tasks.map(({ state }) => state)).toEqual([
      'done',
      'running',
      'failed',
      'not started',
      'failed',
    ])
    expect(lines.map((line) => line.trim())).toEqual([
      '01-train               done',
      '02-fine-tune-shards  1 running, 1 failed',
      'task 1: phenoprint: store: broken',
      `log: ${files.log('02-fine-tune-shards', 1)}`,
      '02-fine-tune       not started, job 9',
      '03-train               failed (OUT_OF_MEMORY), job 10',
      'its log says nothing',
      `log: ${files.log('03-train', null)}`,
    ])
  })

  it('does not call done what Slurm has forgotten', () => {
    const { of } = submitted()
    expect(of().tasks.map(({ state }) => state)).toEqual([
      'unknown',
      'not started',
      'not started',
      'not started',
      'unknown',
    ])
  })

  it('says what kind of folder it wants', async () => {
    await expect(status(temporaryFolder(), silentReporter)).rejects.toMatchObject({
      _tag: 'UsageError',
      message: expect.stringContaining('no pipeline.json'),
    })
  })
})
