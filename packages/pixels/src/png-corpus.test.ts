import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { runPython, temporaryFolder } from './oracle.test.support.js'

const folder = temporaryFolder()
const generator = new URL('../../../fixtures/pixels/png-corpus.py', import.meta.url)
const program = fileURLToPath(new URL('./png-corpus.test.program.js', import.meta.url))

/** SHA-256 of the planes of a file, as it was drawn and as Pillow reads it. */
interface Expected {
  readonly truth: string | null
  readonly pillow: string | null
}

let corpus: Record<string, Expected> = {}
const found: Record<string, Record<string, string>> = {}

beforeAll(() => {
  runPython(readFileSync(generator, 'utf8'), folder)
  corpus = JSON.parse(readFileSync(join(folder, 'corpus.json'), 'utf8'))
  for (const path of ['native', 'portable']) {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [program, folder, ...Object.keys(corpus)],
      { encoding: 'utf8', env: { ...process.env, PHENOPRINT_PIXELS: path } },
    )
    expect(stderr).toBe('')
    found[path] = JSON.parse(stdout)
  }
})

describe('the native and the portable path', () => {
  const named = (start: RegExp) => Object.entries(corpus).filter(([name]) => start.test(name))
  const outcomes = (names: readonly (readonly [string, unknown])[], path: string) =>
    Object.fromEntries(names.map(([name]) => [name, found[path]?.[name]]))

  it.each(['native', 'portable'])('%s: every PNG that is whole has its pixels', (path) => {
    const files = named(/^(good|odd|lax)-/)
    expect(files.length).toBeGreaterThan(550)
    const truth = Object.fromEntries(files.map(([name, file]) => [name, file.truth]))
    expect(outcomes(files, path)).toEqual(truth)
  })

  it.each(['native', 'portable'])('%s: every other one is refused', (path) => {
    const [files, few] = [named(/^broken-/), named(/^fewbits-/)]
    expect(files.length).toBeGreaterThan(110)
    for (const [name] of files) {
      expect(found[path]?.[name], name).toMatch(/^PixelError: (broken|unsupported)$/)
    }
    for (const [name] of few) expect(found[path]?.[name], name).toBe('PixelError: unsupported')
  })

  it('refuse the same files for the same kind of reason, and whatever Pillow refuses', () => {
    expect(found.native).toEqual(found.portable)
    for (const [name, { pillow }] of named(/^(good|odd|broken)-/)) {
      if (pillow === 'error') expect(found.native?.[name], name).toMatch(/^PixelError/)
    }
  })

  it('give the pixels that Pillow gives, where it has as many bits', () => {
    const compared = named(/^(good|odd)-/).filter(([, { pillow }]) => pillow !== null)
    expect(compared.length).toBeGreaterThan(350)
    const byPillow = Object.fromEntries(compared.map(([name, { pillow }]) => [name, pillow]))
    expect(outcomes(compared, 'native')).toEqual(byPillow)
  })
})
