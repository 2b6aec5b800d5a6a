import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { RunDirectoryError } from '../errors.js'
import { writeJson } from '../run/files.js'
import { silentReporter } from '../run/reporter.js'
import { temporaryFolder } from '../testing/folder.js'
import { loadPlan } from '../workflows/plan.js'
import { submit } from './submit.js'

function planned() {
  const folder = temporaryFolder()
  const path = (name: string) => join(folder, name)
  writeFileSync(path('train.yml'), `output: ${path('run')}\nstore: { path: ${path('store')} }`)
  writeFileSync(
    path('all.yml'),
    `stages: [{ verb: train, config: train.yml }]\ncluster: { folder: ${path('slurm')}, time: '60' }`,
  )
  const job = { name: '01-train', stage: 0, shards: null, after: [] }
  const before = (file: string) =>
    writeJson(path('slurm/pipeline.json'), {
      version: 1,
      file,
      stages: [{ verb: 'train', file: 'train.yml' }],
      jobs: [{ ...job, submissions: [{ id: '5', tasks: null }] }],
    })
  return { path, before, plan: (...set: string[]) => loadPlan(path('all.yml'), { set }) }
}

/** As on a machine without Slurm. */
function withoutSlurm() {
  vi.stubEnv('PATH', '/nowhere')
  onTestFinished(() => void vi.unstubAllEnvs())
}

describe('submitting a pipeline', () => {
  it('dry, prints each script with its options, and touches nothing', async () => {
    withoutSlurm()
    const { path, plan } = planned()
    const said: string[] = []
    const reporter = { ...silentReporter, say: (line: string) => said.push(line) }
    const set = ['cluster.stages.train={gpus: 2}', 'training.epochs=3']
    const { figures } = await submit(plan(...set), ['phenoprint'], true, reporter)
    expect(figures.jobs).toEqual([{ name: '01-train', verb: 'train', shards: null, after: [] }])
    expect(said[0]).toBe(`# sbatch ${path('slurm/scripts/01-train.sh')}`)
    expect(said[1]).toContain('#SBATCH --gpus=2\n#SBATCH --time=60\n')
    expect(existsSync(path('slurm'))).toBe(false)
  })

  it('needs Slurm, and its answer before anything is submitted again', async () => {
    withoutSlurm()
    const { path, plan, before } = planned()
    await expect(submit(plan(), ['phenoprint'], false, silentReporter)).rejects.toThrow(
      /there is no sbatch here/,
    )
    before(path('all.yml'))
    await expect(submit(plan(), ['phenoprint'], false, silentReporter)).rejects.toThrow(
      /squeue does not answer.*the jobs \(1\)/,
    )
  })

  it('is refused in the folder of another file', async () => {
    const { plan, before } = planned()
    before('other.yml')
    const attempt = submit(plan(), ['phenoprint'], false, silentReporter)
    await expect(attempt).rejects.toBeInstanceOf(RunDirectoryError)
    await expect(attempt).rejects.toThrow(/holds the jobs of other.yml/)
  })
})
