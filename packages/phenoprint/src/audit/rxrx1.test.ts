import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { readScreen } from '../screen/read-screen.js'
import { splitScreen } from '../screen/split.js'
import { preprocess } from '../store/preprocess.js'
import { recorder } from '../store/small-screen.test.support.js'
import { keptFolder, removeKeptFolders } from '../testing/kept-folder.js'
import { audit } from './audit.js'
import { leaks } from './leaks.js'

afterAll(removeKeptFolders)

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const sample = resolve(root, process.env.PHENOPRINT_DATA ?? '../shared/data', 'rxrx1')

describe.skipIf(!existsSync(sample))('the RxRx1 sample (needs the data folder)', () => {
  const path = join(keptFolder(), 'store')
  const configOf = (heldOut: string) =>
    configSchema.parse({
      screen: {
        reader: 'rxrx1',
        name: 'RxRx1',
        folder: sample,
        onMissing: { image: 'skip', channel: 'zero' },
      },
      store: { path, tile: [256, 256] },
      split: { by: 'experiment', validation: { RPE: [heldOut] } },
    })

  const layout = (split: string) => ({
    check: 'layout',
    severity: 'warning',
    where: 'HUVEC-07, RPE-03',
    what: `one layout of treatments on their plates${split}`,
  })

  it('has two experiments of one layout, on two sides of a split that parts them', async () => {
    const config = configOf('RPE-03')
    await preprocess(config, recorder())
    const reporter = recorder()
    const { status, figures } = await audit(config, reporter)
    expect({ status, figures }).toMatchObject({
      status: 'done',
      // Of 18 sites two channels are missing; HEPG2-01/2/B02/1 has 2.2 % of pixels at 255.
      figures: { sites: 36, error: {}, warning: { layout: 1, saturated: 1 } },
    })
    expect(reporter.events).toContainEqual({
      type: 'finding',
      ...layout(', on different sides of the split: HUVEC-07 in train, RPE-03 in validation'),
    })
    const checks = new Set(reporter.events.map((event) => 'check' in event && event.check))
    expect([...checks].sort()).toEqual(['layout', 'missing', 'saturated'])
  })

  it('has them on one side of another split', async () => {
    const { screen: section, split } = configOf('RPE-05')
    if (section === undefined || split === undefined) throw new Error('no screen')
    const screen = await readScreen(section)
    const { train, validation, test } = splitScreen(screen, split)
    const sides = new Map(
      Object.entries({ train, validation, test }).flatMap(([side, units]) =>
        units.map((unit) => [unit, side] as const),
      ),
    )
    expect(leaks(screen, sides)).toEqual([layout('')])
  })
})
