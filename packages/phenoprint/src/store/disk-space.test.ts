import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { temporaryFolder } from '../testing/folder.js'
import { nodeOnSmallDisk } from '../testing/full-disk.js'
import { removeKeptFolders } from '../testing/kept-folder.js'
import { requireSpace } from './disk-space.js'
import { makeStore } from './make-store.js'
import { order, recorder, smallScreen } from './small-screen.test.support.js'

afterAll(removeKeptFolders)

it('stops before anything is written when the store will not fit', () => {
  expect(() => requireSpace('/data', 2_000_000, 1_999_999)).toThrow(
    /\/data needs about 2,000,000 bytes more for the store, and has 1,999,999 free/,
  )
  expect(() => requireSpace('/data', 100, 100)).not.toThrow()
})

it('foresees how much disk a store takes, and how long, before it is made', async () => {
  const made = smallScreen({ height: 128, width: 128, wells: ['A1', 'A2', 'A3', 'A4'] })
  for (const codec of ['none', 'zstd'] as const) {
    const reporter = recorder()
    const { figures } = await makeStore(
      made.screen,
      order(made, { codec, tile: [64, 64] }),
      reporter,
    )
    const foreseen = /about ([\d.]+) KiB in about [\d.]+ s/.exec(reporter.lines.join('\n'))?.[1]
    const [first] = reporter.events
    expect(first).toMatchObject({ type: 'plan', plates: 2, sites: 16, bytes: expect.any(Number) })
    expect(first?.seconds).toBeGreaterThan(0)
    const { bytes } = Object(figures.stored)
    expect((Number(foreseen) * 1024) / bytes).toBeGreaterThan(0.97)
    expect((Number(foreseen) * 1024) / bytes).toBeLessThan(1.1)
  }
})

it('leaves whole plates and nothing half when the disk fills, and says how much it needs', () => {
  const disk = join(temporaryFolder(), 'disk')
  mkdirSync(disk)
  const here = import.meta.dirname
  // Of ten sites the five that are measured beforehand are dark; two of the others do not fit.
  const program = `
    import { readdirSync } from 'node:fs'
    import { makeStore } from '${here}/make-store.js'
    import { order, recorder, smallScreen } from '${here}/small-screen.test.support.js'
    import { removeKeptFolders } from '${here}/../testing/kept-folder.js'
    const dark = (site) => site < 5 || site % 2 === 1
    const made = smallScreen({ height: 256, width: 256, wells: ['A1', 'A2', 'A3', 'A4', 'A5'], sites: 1, dark })
    try {
      await makeStore(made.screen, order(made, { path: '${disk}/store', tile: [128, 128] }), recorder())
    } catch (error) {
      console.log(JSON.stringify({ tag: error._tag, code: error.exitCode, message: error.message, files: readdirSync('${disk}/store').sort() }))
    }
    removeKeptFolders()`
  const run = nodeOnSmallDisk(disk, ['--input-type=module', '-e', program])
  expect(run.stderr).toBe('')
  expect(JSON.parse(run.stdout)).toEqual({
    tag: 'MachineError',
    code: 4,
    message: expect.stringMatching(
      /cannot write .*E1__2\.ozx \([\d,]+ bytes\): the disk is full\. It has [\d,]+ bytes free.*not written yet need about [\d,]+ bytes/,
    ),
    files: ['E1__1.ozx', 'preprocess-report.json'],
  })
})
