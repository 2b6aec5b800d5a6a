import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import type { Role } from '../screen/screen.js'
import { makeStore } from '../store/make-store.js'
import { order, recorder, smallScreen } from '../store/small-screen.test.support.js'
import { removeKeptFolders } from '../testing/kept-folder.js'

afterAll(removeKeptFolders)

const program = fileURLToPath(new URL('./any-way.test.program.js', import.meta.url))
const cases = 100

it('any sampler, seed and epoch give the same batches, to the byte, whatever the threads, resume point and ranks', async () => {
  const drawn = smallScreen({
    ...{ height: 24, width: 30, sites: 1, wells: ['A1', 'A2', 'A3', 'A4', 'A5'] },
    ...{ plates: ['1', '2', '3'], experiments: ['E1', 'E1', 'E2'] },
  })
  const roles: readonly Role[] = [
    'treatment',
    'treatment',
    'treatment',
    'negativeControl',
    'positiveControl',
  ]
  const units = drawn.screen.units.map((unit, index) => {
    const role = roles[index % 5] ?? 'treatment'
    return role === 'treatment' ? unit : { ...unit, role, label: 3 }
  })
  const plates = drawn.screen.plates.map((plate, index) => ({
    ...plate,
    cellType: index === 1 ? 'RPE' : 'HeLa',
  }))
  const made = { ...drawn, screen: { ...drawn.screen, units, plates, controlClasses: 1 } }
  const wanted = order(made, { tile: [12, 12] })
  await makeStore(made.screen, wanted, recorder())
  const found = new Map<string, string>()
  let compared = 0
  for (const [way, threads] of ['1', '2', '3', '7'].entries()) {
    const words = [program, wanted.store.path, `${cases}`, `${way}`]
    const env = { ...process.env, UV_THREADPOOL_SIZE: threads }
    const said = execFileSync(process.execPath, words, { env, encoding: 'utf8' })
    for (const line of said.trimEnd().split('\n')) {
      const [, key = '', digest = ''] = /^(\d+ \d+) ([0-9a-f]{64})$/.exec(line) ?? []
      const before = found.get(key)
      if (before !== undefined) compared++
      expect(before ?? digest, `case and step ${key}, ${threads} threads`).toBe(digest)
      found.set(key, digest)
    }
  }
  expect(compared).toBeGreaterThan(2 * cases)
  expect(new Set(found.values()).size).toBe(found.size)
})
