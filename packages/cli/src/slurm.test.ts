import { execFile } from 'node:child_process'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keptFolder, removeKeptFolders } from '../../phenoprint/dist/testing/kept-folder.js'
import { type Cluster, startSlurm, until } from './testing/slurm.js'

const program = fileURLToPath(new URL('../bin/phenoprint.js', import.meta.url))
const runProgram = promisify(execFile)

const base = `screen: { reader: rxrx1, name: tiny (synthetic), folder: screen, answers: test_answers.csv }
store: { path: store, tile: [32, 32] }
split: { by: experiment, validation: { folds: 2, fold: 0 } }
simulation:
  folder: screen
  seed: 1
  image: { size: 64, pixelSize: 2.6 }
  layout: { plates: 1, rows: 3, columns: 3, sites: 2, classes: 4, groups: 1, controls: { negative: 1, positive: 1 } }
  cellTypes: { HUVEC: { train: 2, test: 1 }, U2OS: { train: 2, test: 1 } }
training: { epochs: 1, batchSize: 4, threads: 1, earlyStopping: { patience: 1000 } }
prediction: { from: runs/train, threads: 1 }
`

const pipeline = `stages:
  - { verb: preprocess, config: base.yml }
  - { verb: train, config: base.yml, set: { output: runs/train } }
  - { verb: fine-tune, config: base.yml, set: { output: runs/tuned, fineTune.from: runs/train } }
  - { verb: infer, config: base.yml, set: { output: runs/infer, prediction.from: runs/tuned } }
  - { verb: infer, config: base.yml, set: { output: runs/infer-other, prediction.from: runs/other } }
  - verb: ensemble
    config: base.yml
    set: { output: runs/ensemble, ensemble.members: { default: [{ run: runs/infer }, { run: runs/infer-other }] } }
cluster: { folder: slurm, time: '10', stages: { infer: { tasks: 2 }, preprocess: { tasks: 2 } } }
`

// Slurm may tell a job of its limit a minute early: this one is told half a minute after its start at most.
const long = `stages:
  - { verb: train, config: base.yml, set: { output: runs/long, store.path: store-long, training.epochs: 50 } }
cluster: { folder: slurm-long, time: '1', saveSeconds: 55 }
`

const endless = `stages:
  - { verb: train, config: base.yml, set: { output: runs/endless, store.path: store-long, training.epochs: 5000 } }
cluster: { folder: slurm-endless, time: '10' }
`

let cluster: Cluster
let folder = ''

interface Answer {
  readonly figures: {
    readonly submitted?: number
    readonly done?: number
    readonly tasks?: readonly {
      readonly job: string
      readonly task: number | null
      readonly id: string
      readonly state: string
      readonly progress: string | null
      readonly error: string | null
      readonly log: string | null
    }[]
  }
}

/** Runs the command in the folder of the screen, and gives its result. */
async function phenoprint(...words: string[]): Promise<Answer> {
  const options = { cwd: folder, env: cluster.env, maxBuffer: 2 ** 26 }
  const { stdout } = await runProgram(
    process.execPath,
    [program, ...words, '--json', '--quiet'],
    options,
  )
  return JSON.parse(stdout)
}

const isIn = (states: readonly string[]) => (task: { readonly state: string }) =>
  states.includes(task.state)

/** Waits until nothing of a pipeline is queued or runs, and tells how its tasks ended. */
async function ending(name: string, seconds: number) {
  let tasks: Answer['figures']['tasks'] = []
  const rests = async () => {
    tasks = (await phenoprint('status', name)).figures.tasks ?? []
    return !tasks.some(isIn(['queued', 'running']))
  }
  await until(`the jobs of ${name}`, rests, seconds)
  return tasks
}

beforeAll(async () => {
  folder = keptFolder()
  for (const [name, text] of Object.entries({ base, pipeline, long, endless })) {
    writeFileSync(join(folder, `${name}.yml`), text)
  }
  cluster = await startSlurm()
  await phenoprint('simulate', '-y', 'base.yml')
  await phenoprint('preprocess', '-y', 'base.yml', '--set', 'store.path=store-long')
})

afterAll(async () => {
  await cluster?.stop()
  removeKeptFolders()
})

describe.concurrent('a pipeline on Slurm', () => {
  it('goes through arrays and dependencies; a failed job stops those after it, and what is missing is done again', async () => {
    const first = await phenoprint('run', '-y', 'pipeline.yml', '--slurm')
    expect(first.figures).toMatchObject({ submitted: 10, done: 0 })
    // Queued already: nothing is submitted twice.
    const again = await phenoprint('run', '-y', 'pipeline.yml', '--slurm')
    expect(again.figures).toMatchObject({ submitted: 0 })

    const stopped = await ending('slurm', 100)
    const states = stopped.map(({ job, task, state }) => `${job}${task ?? ''} ${state}`)
    expect(states).toEqual([
      '01-preprocess-shards0 done',
      '01-preprocess-shards1 done',
      '01-preprocess done',
      '02-train done',
      '03-fine-tune-shards0 done',
      '03-fine-tune-shards1 done',
      '03-fine-tune done',
      '04-infer-shards0 done',
      '04-infer-shards1 done',
      '04-infer done',
      '05-infer-shards0 failed',
      '05-infer-shards1 failed',
      '05-infer not started',
      '06-ensemble not started',
    ])
    const failed = stopped.find(({ job, task }) => job === '05-infer-shards' && task === 1)
    expect(failed?.error).toContain('prediction.from: there is no run in runs/other')
    expect(failed?.log).toBe(join(folder, 'slurm/logs/05-infer-shards-1.log'))
    expect(readFileSync(failed?.log ?? '', 'utf8')).toContain(failed?.error ?? 'no error')
    expect(existsSync(join(folder, 'runs/ensemble'))).toBe(false)

    cpSync(join(folder, 'runs/train'), join(folder, 'runs/other'), { recursive: true })
    const mended = await phenoprint('run', '-y', 'pipeline.yml', '--slurm')
    expect(mended.figures).toMatchObject({ submitted: 3, done: 7 })
    expect((await ending('slurm', 60)).every(isIn(['done']))).toBe(true)
    const result = JSON.parse(readFileSync(join(folder, 'runs/ensemble/result.json'), 'utf8'))
    expect(result.figures.splits.validation).toBeDefined()
    const last = await phenoprint('run', '-y', 'pipeline.yml', '--slurm')
    expect(last.figures).toMatchObject({ submitted: 0, done: 10 })
  }, 200_000)

  it('queues a job again that its time limit ends, and it ends as if never stopped', async () => {
    // Slurm looks at limits every half minute from its start: begin a while before.
    const phase = ((performance.now() - cluster.started) / 1000) % 30
    await sleep(((50 - phase) % 30) * 1000)
    await phenoprint('run', '-y', 'long.yml', '--slurm')
    const job = async () => {
      const [task] = (await phenoprint('status', 'slurm-long')).figures.tasks ?? []
      return await cluster.ask('scontrol', 'show', 'job', task?.id ?? '')
    }
    await until('the job to be queued again', async () => /Restarts=1/.test(await job()), 100)
    expect(existsSync(join(folder, 'runs/long/result.json'))).toBe(false)
    const [task] = (await phenoprint('status', 'slurm-long')).figures.tasks ?? []
    expect(task?.state).toBe('queued')
    // Slurm lets it wait for a while, and would end it again: there is no need of either.
    await cluster.ask('scontrol', 'update', `JobId=${task?.id}`, 'StartTime=now', 'TimeLimit=10')
    expect(await ending('slurm-long', 100)).toMatchObject([{ state: 'done' }])
    const changes = ['output=runs/undisturbed', 'store.path=store-long', 'training.epochs=50']
    await phenoprint('train', '-y', 'base.yml', ...changes.flatMap((one) => ['--set', one]))
    for (const name of ['last', 'best']) {
      const file = (run: string) =>
        readFileSync(join(folder, run, `checkpoints/${name}.safetensors`))
      expect(file('runs/long').equals(file('runs/undisturbed')), name).toBe(true)
    }
    const log = readFileSync(join(folder, 'slurm-long/logs/01-train.log'), 'utf8')
    expect(log).toMatch(/SIGTERM: stopping after the next save[\s\S]*Goes on in epoch \d+/)
  }, 200_000)

  it('lets a job that was cancelled save itself, and does not queue it again', async () => {
    await phenoprint('run', '-y', 'endless.yml', '--slurm')
    const events = join(folder, 'runs/endless/events.jsonl')
    const learns = async () => readFileSync(events, 'utf8').includes('"epoch":1')
    await until('the first epoch', learns, 60)
    const [task] = (await phenoprint('status', 'slurm-endless')).figures.tasks ?? []
    expect(task).toMatchObject({ state: 'running', progress: expect.stringMatching(/of 5000/) })
    await cluster.ask('scancel', task?.id ?? '')
    const resume = join(folder, 'runs/endless/checkpoints/resume.safetensors')
    const saved = async () => existsSync(resume) && !existsSync(join(folder, 'runs/endless/lock'))
    await until('the job to save itself', saved, 20)
    expect(await ending('slurm-endless', 30)).toMatchObject([{ state: 'cancelled' }])
    const log = readFileSync(join(folder, 'slurm-endless/logs/01-train.log'), 'utf8')
    expect(log).toContain('phenoprint: stopped by SIGTERM.')
    expect(await cluster.ask('scontrol', 'show', 'job', task?.id ?? '')).toContain('Restarts=0')
  }, 120_000)
})
