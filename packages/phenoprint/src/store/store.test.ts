import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keptFolder, removeKeptFolders } from '../testing/kept-folder.js'
import { askPython } from '../testing/python.js'
import { makeStore } from './make-store.js'
import { order, recorder, smallScreen } from './small-screen.test.support.js'
import { Store } from './store.js'

afterAll(removeKeptFolders)

let whole = ''

beforeAll(async () => {
  const made = smallScreen()
  const wanted = order(made)
  await makeStore(made.screen, wanted, recorder())
  whole = wanted.store.path
})

/** A copy of the store to break. */
function copy(): string {
  const path = join(keptFolder(), 'store')
  cpSync(whole, path, { recursive: true })
  return path
}

/** Turns one bit of an archive's entry, and mends the checksum of ZIP so that only ours can tell. */
function damage(path: string, name: string, at: number): void {
  askPython(
    `
import zipfile
path, name, at = d
info = zipfile.ZipFile(path).getinfo(name)
raw = bytearray(open(path, 'rb').read())
head = info.header_offset
start = head + 30 + int.from_bytes(raw[head + 26:head + 28], 'little') + int.from_bytes(raw[head + 28:head + 30], 'little')
raw[start + (at if at >= 0 else info.file_size + at)] ^= 1
open(path, 'wb').write(raw)
print(1)`,
    [path, name, at],
  )
}

describe('Store.open', () => {
  it('refuses a folder without a store, and a store that is not finished', async () => {
    await expect(Store.open(join(whole, 'nowhere'))).rejects.toMatchObject({
      _tag: 'StoreError',
      exitCode: 3,
      message: expect.stringContaining('phenoprint preprocess'),
    })
  })

  it('refuses a screen.json that is damaged, cut short or changed', async () => {
    const path = copy()
    const file = join(path, 'screen.json')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.slice(0, 500))
    await expect(Store.open(path)).rejects.toThrow(/screen\.json is damaged/)
    writeFileSync(file, text.replace('"label":1', '"label":"one"'))
    await expect(Store.open(path)).rejects.toThrow(/screen\.json is damaged.*\n?.*label/s)
    writeFileSync(file, text.replace('"label":1', '"label":2'))
    await expect(Store.open(path)).rejects.toThrow(/its digest differs/)
  })

  it('refuses a store with a plate missing or cut short', async () => {
    const path = copy()
    const file = join(path, 'E1__2.ozx')
    writeFileSync(file, readFileSync(file).subarray(0, -1))
    await expect(Store.open(path)).rejects.toThrow(/E1__2\.ozx has \d+ bytes, expected \d+/)
    rmSync(file)
    await expect(Store.open(path)).rejects.toThrow(/E1__2\.ozx is missing/)
  })
})

describe('a damaged plate', () => {
  const shard = 'B/03/0/0/c/0/0/0'

  it('is found by the checksum of a tile, and the other tiles still read', async () => {
    const path = copy()
    damage(join(path, 'E1__1.ozx'), shard, 3)
    using store = await Store.open(path)
    await expect(store.readTile(2, 0)).rejects.toMatchObject({
      _tag: 'StoreError',
      message: expect.stringMatching(
        /E1__1\.ozx: site E1\/1\/B03\/1: tile 0 is damaged: checksum .*Delete this file/,
      ),
    })
    await expect(store.readTile(2, 1)).resolves.toHaveLength(2 * 8 * 8)
    await expect(store.readTile(3, 0)).resolves.toHaveLength(2 * 8 * 8)
    await expect(Store.open(path, { verify: true })).rejects.toThrow(/tile 0 is damaged/)
  })

  it('is found by the checksum of a shard index', async () => {
    const path = copy()
    damage(join(path, 'E1__1.ozx'), shard, -12)
    using store = await Store.open(path)
    await expect(store.readTile(2, 5)).rejects.toThrow(/shard index is damaged/)
  })

  it('is found by its statistics and digests', async () => {
    for (const name of ['mean', 'digest']) {
      const path = copy()
      damage(join(path, 'E1__1.ozx'), `statistics/${name}/c/0/0`, 9)
      using store = await Store.open(path)
      expect(() => store.statistics(0), name).toThrow(/E1__1\.ozx: .*checksum differs/)
      expect(store.statistics(6).mean).toHaveLength(2)
    }
  })

  it('is found when it is a whole plate, but of other pixels', async () => {
    const path = copy()
    const other = smallScreen({ brightest: 200 })
    const wanted = order(other)
    await makeStore(other.screen, wanted, recorder())
    cpSync(join(wanted.store.path, 'E1__1.ozx'), join(path, 'E1__1.ozx'))
    const opening = Store.open(path).then((store) => store.readTile(0, 0))
    await expect(opening).rejects.toThrow(/E1__1\.ozx/)
  })
})

describe('reading', () => {
  it('refuses sites and tiles that there are not', async () => {
    using store = await Store.open(whole)
    await expect(store.readTile(12, 0)).rejects.toThrow(/site 12 of a store with 12/)
    await expect(store.readTile(0, 9)).rejects.toThrow(/tile 9 of a site with 9/)
    await expect(store.readTile(0, -1)).rejects.toThrow(RangeError)
  })
})
