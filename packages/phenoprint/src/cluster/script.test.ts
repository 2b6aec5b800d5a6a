import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { jobFolder } from './job-folder.js'
import type { Job } from './job-graph.js'
import { jobScript } from './script.js'

function script(cluster: object, job: Partial<Job> = {}, folder = '/data/my screens'): string {
  const section = configSchema.parse({ cluster }).cluster
  if (section === undefined) throw new Error('no section')
  return jobScript(
    { name: '03-train', stage: 2, verb: 'train', shards: null, after: [], ...job },
    {
      cluster: section,
      files: jobFolder(folder),
      workingFolder: "/data/it's here",
      program: ['/usr/bin/node', '/opt/phenoprint.js'],
    },
  )
}

/** Options for sbatch, as the script carries them. */
const optionsOf = (text: string) =>
  [...text.matchAll(/^#SBATCH (.*)$/gm)].map(([, option = '']) => option)

describe('the script of a job', () => {
  it('asks for what the section says, that of the verb first', () => {
    const cluster = {
      partition: 'cpu',
      account: 'lab',
      cpus: 8,
      memory: '32G',
      time: '4:00:00',
      options: ['--qos=low'],
      stages: { train: { partition: 'gpu', gpus: 2, time: '1-00' }, infer: { gpus: 1 } },
    }
    expect(optionsOf(script(cluster)).slice(7)).toEqual([
      '--partition=gpu',
      '--account=lab',
      '--cpus-per-task=8',
      '--mem=32G',
      '--gpus=2',
      '--time=1-00',
      '--qos=low',
    ])
    expect(optionsOf(script({})).slice(7)).toEqual([])
    expect(optionsOf(script({ saveSeconds: 300 }))).toContain('--signal=B:TERM@300')
  })

  it('is one that bash reads, whatever the names', () => {
    for (const text of [
      script({}),
      script({}, { shards: 3, name: '02-infer-shards', verb: 'infer' }),
    ]) {
      expect(() => execFileSync('bash', ['-n'], { input: text })).not.toThrow()
    }
    expect(script({})).toContain(
      "/usr/bin/node /opt/phenoprint.js train -y '/data/my screens/configs/03-train.yml' &",
    )
    expect(optionsOf(script({}))).toContain("--chdir='/data/it'\\''s here'")
  })

  it('does one shard a task of an array', () => {
    const text = script({}, { shards: 3, name: '02-infer-shards', verb: 'infer' }, '/data')
    expect(text).toContain('infer -y /data/configs/02-infer.yml --shard "$task/3" &')
    expect(optionsOf(text)).toContain('--output=/data/logs/02-infer-shards-%a.log')
  })
})
