import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { ConfigError, EarlierRunError, RunDirectoryError } from '../errors.js'
import { readPseudoLabelOrigin, readPseudoLabels } from '../screen/pseudo-labels.js'
import { splitScreen } from '../screen/split.js'
import { recorder } from '../store/small-screen.test.support.js'
import { Store } from '../store/store.js'
import { temporaryFolder } from '../testing/folder.js'
import { killAfter } from './killed-run.test.support.js'
import { labelRun } from './label-run.test.support.js'
import { bytesIn, eventsOf, smallConfig, smallStore } from './small-run.test.support.js'
import { takePseudoLabels } from './take-pseudo-labels.js'
import { train } from './train.js'
import { trainingUnits } from './training-units.js'

let store = ''
beforeAll(async () => {
  store = await smallStore()
})

/** E1 and E2 train, E4 validates, E3 is to be predicted. */
const split = { validation: { U2OS: ['E4'] }, test: { HeLa: ['E3'] } }

const idsOf = ({ screen }: Store, experiment: string) =>
  screen.units.flatMap(({ id, plate }) =>
    screen.plates[plate]?.experiment === experiment ? [id] : [],
  )

async function take(from: string, rest: object = {}) {
  using opened = await Store.open(store)
  const config = smallConfig(
    store,
    'unused',
    { pseudoLabels: { from, weight: 0.5 } },
    { split, ...rest },
  )
  const divided = splitScreen(opened.screen, config.split)
  const reporter = recorder()
  const taken = await takePseudoLabels(opened.screen, divided, config, reporter)
  if (taken === null) throw new Error('expected labels')
  return { taken, divided, config, lines: reporter.lines, known: opened.screen }
}

/** Ids of units of an experiment of the small store. */
async function unitsOf(experiment: string): Promise<string[]> {
  using opened = await Store.open(store)
  return idsOf(opened, experiment)
}

describe('labels that were predicted', () => {
  it('join the training units with their weight; known labels stay', async () => {
    const [first = '', second = ''] = await unitsOf('E3')
    const [trained = ''] = await unitsOf('E1')
    const { taken, divided, config, lines, known } = await take(
      labelRun({ [first]: 2, [second]: 0, [trained]: 1 }),
    )
    const names = taken.units.map((unit) => taken.screen.units[unit])
    expect(names).toMatchObject([
      { id: first, label: 2, pseudoWeight: 0.5 },
      { id: second, label: 0, pseudoWeight: 0.5 },
    ])
    expect(
      taken.screen.units.filter(({ pseudoWeight }) => pseudoWeight !== undefined),
    ).toHaveLength(2)
    expect(taken.screen.units.find(({ id }) => id === trained)).toEqual(
      known.units.find(({ id }) => id === trained),
    )
    const units = trainingUnits(taken.screen, divided, config, taken.units)
    expect(units).toEqual([...divided.train, ...taken.units].sort((a, b) => a - b))
    expect(lines.join('\n')).toMatch(
      /2 units of .*weight 0.5; 1 left out, which train with their own/,
    )
  })

  it('are refused when their units validate', async () => {
    const [validating = ''] = await unitsOf('E4')
    const attempt = take(labelRun({ [validating]: 1 }))
    await expect(attempt).rejects.toBeInstanceOf(ConfigError)
    await expect(attempt).rejects.toThrow(/1 of the units with labels in .* validate here/)
  })

  it('are refused when a model behind them was trained on a plate that validates', async () => {
    const [unit = ''] = await unitsOf('E3')
    const seen = labelRun({ [unit]: 1 }, ['E1/1', 'E1/4'])
    const attempt = take(seen)
    await expect(attempt).rejects.toBeInstanceOf(ConfigError)
    await expect(attempt).rejects.toThrow(
      /predicted by models that were trained on 1 plate that validate here \(E1\/4\)/,
    )
    const unvalidated = { split: { validation: 'none', test: { HeLa: ['E3'] } } }
    expect((await take(seen, unvalidated)).taken.units).toHaveLength(1)
  })

  it('are refused when they are of another screen, or were changed', async () => {
    const [unit = ''] = await unitsOf('E3')
    await expect(take(labelRun({ 'E9/1/B02': 1 }))).rejects.toThrow(
      /label 1 for unit E9\/1\/B02, expected units of the screen "small"/,
    )
    await expect(take(labelRun({ [unit]: 3 }))).rejects.toThrow(/labels of its 3 classes/)
    const changed = labelRun({ [unit]: 1 })
    const path = join(changed, 'pseudo-labels.csv')
    writeFileSync(path, readFileSync(path, 'utf8').replace('HeLa,1', 'HeLa,2'))
    await expect(take(changed)).rejects.toBeInstanceOf(EarlierRunError)
    await expect(readPseudoLabels(changed)).rejects.toThrow(/it was changed/)
    rmSync(join(changed, 'pseudo-labels.json'))
    await expect(take(changed)).rejects.toThrow(/pseudo-labels.json is missing/)
  })
})

describe('a training with labels that were predicted', () => {
  const config = (run: string, from: string | null, training: object = {}) =>
    smallConfig(
      store,
      run,
      { ...(from !== null && { pseudoLabels: { from } }), ...training },
      { split },
    )

  it('learns from them, keeps where they come from, and goes on after a kill to the same bytes', async () => {
    const units = await unitsOf('E3')
    const from = labelRun(Object.fromEntries(units.map((unit, i) => [unit, i % 3])))
    const folder = temporaryFolder()
    const [alone, together, killed] = ['alone', 'together', 'killed'].map((name) =>
      join(folder, name),
    )
    const said = recorder()
    await train(config(alone ?? '', null), recorder())
    await train(config(together ?? '', from), said)
    expect(said.lines.join('\n')).toContain('Trains on 30 sites of 15 units')
    const { origin } = await readPseudoLabels(from)
    expect(readPseudoLabelOrigin(join(together ?? '', 'pseudo-labels.json'))).toEqual(origin)
    const weights = ['checkpoints', 'last.safetensors']
    expect(bytesIn(together ?? '', ...weights).equals(bytesIn(alone ?? '', ...weights))).toBe(false)
    const wanted = config(killed ?? '', from, { checkpointMinutes: 1e-6 })
    expect(await killAfter(6, 'train', wanted)).toBe(true)
    await train(wanted, recorder())
    expect(bytesIn(killed ?? '', ...weights).equals(bytesIn(together ?? '', ...weights))).toBe(true)
    expect(eventsOf(killed ?? '')).toEqual(eventsOf(together ?? ''))
  })

  it('is not gone on with when the labels have become others', async () => {
    const [unit = ''] = await unitsOf('E3')
    const from = labelRun({ [unit]: 1 })
    const run = join(temporaryFolder(), 'run')
    expect(await killAfter(3, 'train', config(run, from, { checkpointMinutes: 1e-6 }))).toBe(true)
    const others = labelRun({ [unit]: 2 })
    for (const name of ['pseudo-labels.csv', 'pseudo-labels.json']) {
      writeFileSync(join(from, name), readFileSync(join(others, name)))
    }
    const attempt = train(config(run, from, { checkpointMinutes: 1e-6 }), recorder())
    await expect(attempt).rejects.toBeInstanceOf(RunDirectoryError)
    await expect(attempt).rejects.toThrow(/begun with other predicted labels/)
  })
})
