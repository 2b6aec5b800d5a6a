import fs from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { temporaryFolder, write } from '../../scripts/testing/temporary.mjs'
import { EnoughRun, Experiments } from './experiments.mjs'
import { Ledger } from './ledger.mjs'
import { Step } from './step.mjs'

/** Stands for phenoprint: notes how it was called, makes its folder, and fails or not as it is told. */
const program = `
import fs from 'node:fs'
const settings = Object.fromEntries(
  process.argv.flatMap((one, at) => process.argv[at - 1] === '--set' ? [one.split(/=(.*)/s)] : []),
)
const folder = settings.output
const gone = fs.existsSync(folder)
fs.mkdirSync(folder, { recursive: true })
fs.appendFileSync('settings.txt', JSON.stringify(settings) + '\\n')
fs.appendFileSync('called.txt', process.argv[2] + (gone ? ' again' : '') + '\\n')
if (settings.from !== undefined && !fs.existsSync(JSON.parse(settings.from))) process.exit(9)
if (settings.dies === 'true' && !gone) process.kill(process.pid, 'SIGKILL')
`

function prepared() {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const folder = temporaryFolder()
  const config = write(join(folder, 'recipe.yml'), '')
  const phenoprint = write(join(folder, 'phenoprint.mjs'), program)
  const work = join(folder, 'work')
  /** @param {number} [most] */
  const experiments = (most) => new Experiments(work, { phenoprint, most })
  const ledger = () => new Ledger(join(folder, 'results/steps.json'))
  const called = () => fs.readFileSync(join(work, 'called.txt'), 'utf8').trim().split('\n')
  return { config, experiments, called, work, phenoprint, ledger }
}

it('each step runs once, after what it reads, whoever asks for it', async () => {
  const { config, experiments, called } = prepared()
  const train = new Step('train', config)
  const arms = [1, 2].map((view) => new Step('infer', config, { from: train, view }))
  const first = experiments()
  for (const arm of arms) await first.run(arm)
  expect(called()).toEqual(['train', 'infer', 'infer'])
  const finished = await experiments().run(arms[1])
  expect(called()).toHaveLength(3)
  expect(finished).toMatchObject({ verb: 'infer', resumed: false })
  expect(finished.peakMiB).toBeGreaterThan(10)
})

it('what was killed goes on in its own folder, and what was finished before it stays', async () => {
  const { config, experiments, called } = prepared()
  const train = new Step('train', config)
  const infer = new Step('infer', config, { from: train, dies: true })
  await expect(experiments().run(infer)).rejects.toThrow('ended with SIGKILL')
  expect(experiments().finished(infer)).toBeNull()
  expect(await experiments().run(infer)).toMatchObject({ resumed: true })
  expect(called()).toEqual(['train', 'infer', 'infer again'])
})

it('what one checkout has stopped goes on from another that shares the work folder', async () => {
  const { config, experiments } = prepared()
  const train = new Step('train', config)
  const infer = new Step('infer', config, { from: train, dies: true })
  await expect(experiments().run(infer)).rejects.toThrow('ended with SIGKILL')
  const { work, phenoprint } = experiments()
  const elsewhere = join(temporaryFolder(), 'link')
  fs.symlinkSync(work, elsewhere)
  expect(await new Experiments(elsewhere, { phenoprint }).run(infer)).toMatchObject({
    resumed: true,
  })
  const settings = fs.readFileSync(join(work, 'settings.txt'), 'utf8').trim().split('\n')
  expect(settings).toHaveLength(3)
  expect(settings[2]).toBe(settings[1])
})

it('stops after as many steps as are allowed, and goes on with the others', async () => {
  const { config, experiments, called } = prepared()
  const infer = new Step('infer', config, { from: new Step('train', config) })
  await expect(experiments(1).run(infer)).rejects.toThrow(EnoughRun)
  expect(called()).toEqual(['train'])
  await experiments(1).run(infer)
  expect(called()).toEqual(['train', 'infer'])
  await experiments(0).run(infer)
})

it('a measured step is not run again where its work folder is gone, and what took how long is known', async () => {
  const { config, called, work, phenoprint, ledger } = prepared()
  const train = new Step('train', config)
  const arms = [1, 2].map((view) => new Step('infer', config, { from: train, view }))
  const measure = async () => {
    const experiments = new Experiments(work, { phenoprint, ledger: ledger() })
    const figures = []
    for (const arm of arms) {
      figures.push(await experiments.measure(arm, (folder) => ({ folder, lines: called().length })))
    }
    return { figures, behind: [...experiments.behind(arms[0])] }
  }
  const first = await measure()
  expect(first.figures.map(({ lines }) => lines)).toEqual([2, 3])
  expect(first.behind.map(([key]) => key)).toEqual([arms[0].key, train.key])
  expect(first.behind.every(([, { seconds, peakMiB }]) => seconds > 0 && peakMiB > 10)).toBe(true)
  fs.rmSync(work, { recursive: true })
  expect(await measure()).toEqual({
    figures: first.figures,
    behind: first.behind.map(([key, took]) => [key, expect.objectContaining(took)]),
  })
  expect(fs.readdirSync(work)).toEqual([])
})
