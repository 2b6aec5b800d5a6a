import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { keptFolder, removeKeptFolders } from '../testing/kept-folder.js'
import { askPython } from '../testing/python.js'
import { ZipReader } from './zip-reader.js'
import { ZipWriter } from './zip-writer.js'

afterAll(removeKeptFolders)

const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7) & 255)

function write(path: string): void {
  using zip = new ZipWriter(path)
  zip.add('zarr.json', Buffer.from('{}'))
  zip.add('B/02/0/é.bin', bytes(70_000))
  zip.add('empty', new Uint8Array(0))
  zip.finish('the comment')
}

it('writes archives that Python opens: ZIP64, stored, no dates, checksums right', () => {
  const path = join(keptFolder(), 'a.zip')
  write(path)
  const script = `
import zipfile, hashlib
z = zipfile.ZipFile(d)
raw = open(d, 'rb').read()
print(json.dumps({
    'test': z.testzip(), 'comment': z.comment.decode(),
    'names': z.namelist(), 'stored': [i.compress_type for i in z.infolist()],
    'dates': [list(i.date_time) for i in z.infolist()], 'versions': [i.extract_version for i in z.infolist()],
    'sum': hashlib.sha256(z.read('B/02/0/é.bin')).hexdigest() == hashlib.sha256(bytes((i * 7) & 255 for i in range(70000))).hexdigest(),
    'zip64': raw.count(b'PK\\x06\\x06') == 1 and raw.count(b'PK\\x06\\x07') == 1,
}))`
  expect(askPython(script, path)).toEqual({
    test: null,
    comment: 'the comment',
    names: ['zarr.json', 'B/02/0/é.bin', 'empty'],
    stored: [0, 0, 0],
    dates: new Array(3).fill([1980, 1, 1, 0, 0, 0]),
    versions: [45, 45, 45],
    sum: true,
    zip64: true,
  })
})

it('reads what it wrote, and what Python wrote with and without ZIP64', async () => {
  const folder = keptFolder()
  write(join(folder, 'ours.zip'))
  askPython(
    `
import zipfile
for name, force in (('plain', False), ('zip64', True)):
    with zipfile.ZipFile(f'{d}/{name}.zip', 'w', zipfile.ZIP_STORED) as z:
        with z.open('B/02/0/é.bin', 'w', force_zip64=force) as f:
            f.write(bytes((i * 7) & 255 for i in range(70000)))
        z.comment = b'PK\\x05\\x06 is not the end'
print(1)`,
    folder,
  )
  for (const name of ['ours', 'plain', 'zip64']) {
    using zip = ZipReader.open(join(folder, `${name}.zip`))
    expect(zip.size('B/02/0/é.bin'), name).toBe(70_000)
    expect(zip.entry('B/02/0/é.bin')).toEqual(bytes(70_000))
    expect(await zip.range('B/02/0/é.bin', 69_990, 10)).toEqual(bytes(70_000).subarray(-10))
    expect(await zip.range('B/02/0/é.bin', -5, 3)).toEqual(bytes(70_000).subarray(-5, -2))
    await expect(zip.range('B/02/0/é.bin', 69_990, 11)).rejects.toThrow(/has 70000 bytes/)
    expect(() => zip.entry('other')).toThrow(/no entry other/)
  }
})

it('reads entries that lie past 4 GiB', async () => {
  const path = join(keptFolder(), 'sparse.zip')
  // Python appends to what is there: a file of 5 GiB that takes no room on the disk.
  askPython(
    `
import zipfile
with open(d, 'wb') as f:
    f.truncate(5 * 2**30)
with zipfile.ZipFile(d, 'a') as z:
    z.writestr('far', bytes(range(100)))
print(1)`,
    path,
  )
  using zip = ZipReader.open(path)
  const expected = Uint8Array.from({ length: 100 }, (_, i) => i)
  expect(await zip.range('far', -50, 50)).toEqual(expected.subarray(50))
  expect(zip.entry('far')).toEqual(expected)
})

it('finishes a read that is under way when it is closed', async () => {
  const path = join(keptFolder(), 'a.zip')
  write(path)
  const zip = ZipReader.open(path)
  zip.entry('zarr.json')
  const first = await zip.range('B/02/0/é.bin', 0, 4)
  const pending = zip.range('B/02/0/é.bin', 0, 70_000)
  zip[Symbol.dispose]()
  expect(first).toEqual(bytes(4))
  expect(await pending).toEqual(bytes(70_000))
  expect(() => zip.entry('zarr.json')).toThrow(/closed/)
})

it('refuses archives cut short anywhere, and finds any byte that changed in an entry', () => {
  const path = join(keptFolder(), 'a.zip')
  write(path)
  const whole = readFileSync(path)
  for (const length of [0, 21, 200, 70_100, whole.length - 30, whole.length - 12]) {
    truncateSync(path, length)
    expect(() => ZipReader.open(path), `${length} bytes`).toThrow(/store: .*a\.zip/)
    writeFileSync(path, whole)
  }
  const broken = Uint8Array.from(whole)
  broken[40_000] = (broken[40_000] ?? 0) ^ 1
  writeFileSync(path, broken)
  using zip = ZipReader.open(path)
  expect(() => zip.entry('B/02/0/é.bin')).toThrow(/checksum differs/)
  expect(() => ZipReader.open(join(keptFolder(), 'none.zip'))).toThrow(/is missing/)
})

it('never runs away on a damaged directory', async () => {
  const path = join(keptFolder(), 'a.zip')
  write(path)
  const whole = readFileSync(path)
  for (let at = 70_200; at < whole.length; at++) {
    const broken = Uint8Array.from(whole)
    broken[at] = (broken[at] ?? 0) ^ 0xff
    writeFileSync(path, broken)
    try {
      using zip = ZipReader.open(path)
      for (const name of zip.names) {
        const size = zip.size(name) ?? 0
        // Asked for first, for it must refuse before it takes memory, however much is claimed.
        await zip.range(name, -size, size)
        zip.entry(name)
      }
    } catch (error) {
      expect(error, `byte ${at}`).toMatchObject({ _tag: 'StoreError' })
    }
  }
})
