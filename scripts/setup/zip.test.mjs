import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../testing/temporary.mjs'
import { writeZip } from '../testing/wheels.mjs'
import { listZip, readZipEntry, unpackZip } from './zip.mjs'

const files = { 'a/empty': '', 'a/b/words.txt': 'well, site, plate\n'.repeat(5000), 'one.bin': 'x' }

describe('ZIP files that Python wrote', () => {
  it.each([
    ['deflated', {}],
    ['stored', { stored: true }],
    ['ZIP64', { zip64: true }],
  ])('are unpacked byte for byte: %s', async (_, how) => {
    const folder = temporaryFolder()
    await unpackZip(writeZip(join(folder, 'x.zip'), files, how), join(folder, 'out'))
    for (const [name, text] of Object.entries(files))
      expect(fs.readFileSync(join(folder, 'out', name), 'utf8')).toBe(text)
  })

  it('keep the permission to run a program', async () => {
    const folder = temporaryFolder()
    await unpackZip(
      writeZip(join(folder, 'x.zip'), { program: '#!' }, { mode: 0o755 }),
      join(folder, 'out'),
    )
    expect(fs.statSync(join(folder, 'out/program')).mode & 0o111).not.toBe(0)
  })

  it('are unpacked in part', async () => {
    const folder = temporaryFolder()
    await unpackZip(
      writeZip(join(folder, 'x.zip'), files),
      join(folder, 'out'),
      (name) => name === 'one.bin',
    )
    expect(fs.readdirSync(join(folder, 'out'))).toEqual(['one.bin'])
  })

  it('give one entry without the rest', async () => {
    const path = writeZip(join(temporaryFolder(), 'x.zip'), files)
    const entry = listZip(path).find(({ name }) => name === 'a/b/words.txt')
    if (entry === undefined) throw new Error('the entry is not listed')
    expect((await readZipEntry(path, entry)).toString()).toBe(files['a/b/words.txt'])
  })
})

describe('a ZIP file that is', () => {
  it('truncated is refused', () => {
    const path = writeZip(join(temporaryFolder(), 'x.zip'), files)
    fs.truncateSync(path, fs.statSync(path).size - 30)
    expect(() => listZip(path)).toThrow('x.zip: it has no end record')
  })

  it('damaged in the middle is refused by its checksum', async () => {
    const folder = temporaryFolder()
    const path = writeZip(join(folder, 'x.zip'), { words: 'plate '.repeat(100) }, { stored: true })
    const bytes = fs.readFileSync(path)
    bytes[60] ^= 1
    fs.writeFileSync(path, bytes)
    await expect(unpackZip(path, join(folder, 'out'))).rejects.toThrow('"words" is damaged')
  })

  it('hostile, with a name that leads out of the folder, is refused', async () => {
    const folder = temporaryFolder()
    const path = writeZip(join(folder, 'x.zip'), { '../outside': 'x' })
    await expect(unpackZip(path, join(folder, 'out'))).rejects.toThrow('leads out of the folder')
    expect(fs.existsSync(join(folder, 'outside'))).toBe(false)
  })
})
