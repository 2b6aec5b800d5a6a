import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { InterruptedError } from '../errors.js'
import { Lock } from '../run/lock.js'
import type { Screen } from '../screen/screen.js'
import { keptFolder, removeKeptFolders } from '../testing/kept-folder.js'
import { makeStore } from './make-store.js'
import { imageOf, order, recorder, smallScreen } from './small-screen.test.support.js'
import { Store } from './store.js'
import { ZipReader } from './zip-reader.js'
import { ZipWriter } from './zip-writer.js'

afterAll(removeKeptFolders)

/** Name and content of every file of a store. */
function content(path: string): Record<string, string> {
  const names = readdirSync(path).sort()
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(join(path, name)).toString('base64')]),
  )
}

describe('makeStore', () => {
  it('tells what the tables and the store hold', async () => {
    const made = smallScreen()
    const wanted = order(made)
    const reporter = recorder()
    const { status, figures, files } = await makeStore(made.screen, wanted, reporter)
    expect(status).toBe('done')
    expect(figures).toMatchObject({
      screen: {
        experiments: 1,
        plates: 2,
        wells: 6,
        sites: 12,
        classes: 3,
        cellTypes: { HeLa: { experiments: 1, plates: 2, wells: 6 } },
        labelledTreatments: 6,
      },
      stored: { plates: 2, units: 6, sites: 12 },
      missing: { unitsWithoutImages: 0, partialSites: 0 },
    })
    expect(files.map((file) => file.slice(wanted.store.path.length + 1))).toEqual([
      'screen.json',
      'preprocess-report.json',
      'E1__1.ozx',
      'E1__2.ozx',
    ])
    expect([...reporter.units]).toEqual(['sites'])
    expect(reporter.lines[0]).toBe(
      'screen: small (synthetic): 1 experiment, 2 plates, 6 wells, 12 sites, 2 channels',
    )
    expect(reporter.lines[1]).toBe('cell types: 1: HeLa (1 experiment, 2 plates, 6 wells)')
    expect(reporter.advanced).toBe(24) // 12 sites looked for, 12 written
    expect(readdirSync(wanted.store.path).sort()).toEqual([
      'E1__1.ozx',
      'E1__2.ozx',
      'preprocess-report.json',
      'screen.json',
    ])
  })

  it('says so when the tile is larger than the image, and writes the image as one tile', async () => {
    const made = smallScreen({ height: 10, width: 12 })
    const wanted = order(made, { tile: [256, 11] })
    const reporter = recorder()
    await makeStore(made.screen, wanted, reporter)
    expect(reporter.lines.join('\n')).toContain(
      'tiles of 256x11 do not fit images of 10x12: tiles of 10x11 are written',
    )
    using store = await Store.open(wanted.store.path, { verify: true })
    expect(store.tileShape).toEqual({ height: 10, width: 11 })
    expect(store.tilesPerSite).toBe(2)
  })

  it('has the same digest with another tile and codec, and another one with other labels', async () => {
    const made = smallScreen()
    const digest = async (screen: Screen, store: Parameters<typeof order>[1]) => {
      const wanted = order(made, store)
      await makeStore(screen, wanted, recorder())
      using opened = await Store.open(wanted.store.path)
      return opened.digest
    }
    const units = made.screen.units.map((unit, i) => (i === 3 ? { ...unit, label: 2 } : unit))
    const first = await digest(made.screen, { tile: [8, 8] })
    expect(await digest(made.screen, { tile: [20, 24], codec: 'none' })).toBe(first)
    expect(await digest({ ...made.screen, units }, {})).not.toBe(first)
  })
})

describe('a store that is there already', () => {
  it('is left as it is when it is whole', async () => {
    const made = smallScreen()
    const wanted = order(made)
    const first = await makeStore(made.screen, wanted, recorder())
    const before = content(wanted.store.path)
    const again = await makeStore(made.screen, wanted, recorder())
    expect(again).toEqual({ ...first, status: 'already done' })
    expect(content(wanted.store.path)).toEqual(before)
  })

  it('gets what it lacks, and comes out byte by byte as one made at once', async () => {
    const made = smallScreen({ plates: ['1', '2', '3'] })
    const wanted = order(made)
    await makeStore(made.screen, wanted, recorder())
    const whole = content(wanted.store.path)
    const kept = join(wanted.store.path, 'E1__1.ozx')
    const { mtimeMs, ino } = statSync(kept)
    for (const name of ['E1__2.ozx', 'screen.json']) rmSync(join(wanted.store.path, name))
    writeFileSync(join(wanted.store.path, '.E1__2.ozx.0123456789ab.part'), 'half a plate')
    const reporter = recorder()
    expect((await makeStore(made.screen, wanted, reporter)).status).toBe('done')
    expect(content(wanted.store.path)).toEqual(whole)
    expect(statSync(kept)).toMatchObject({ mtimeMs, ino })
    expect(reporter.lines.join('\n')).toContain('1 plate to write (2 are whole)')
  })

  it('is refused when settings, files or tables changed, and stays as it is', async () => {
    const made = smallScreen()
    const wanted = order(made)
    const { path } = wanted.store
    await makeStore(made.screen, wanted, recorder())
    const before = content(path)
    await expect(
      makeStore(made.screen, order(made, { path, tile: [16, 16], codec: 'none' }), recorder()),
    ).rejects.toThrow(
      /E1__1\.ozx was made with other settings \(tile: got \[8,8\], expected \[16,16\]; codec: got "zstd", expected "none"\)/,
    )

    const units = made.screen.units.map((unit, i) => (i === 4 ? { ...unit, label: 0 } : unit))
    await expect(makeStore({ ...made.screen, units }, wanted, recorder())).rejects.toThrow(
      /screen\.json was made from other tables \(first at E1\/2\/B03/,
    )

    const file = imageOf(made.screen, 7, 1)
    const was = readFileSync(file)
    rmSync(file)
    const skipping = order(made, { path }, { channel: 'skip' })
    await expect(makeStore(made.screen, skipping, recorder())).rejects.toThrow(
      /E1__2\.ozx was made from other image files/,
    )
    writeFileSync(file, was)
    expect({ ...content(path), 'preprocess-report.json': '' }).toEqual({
      ...before,
      'preprocess-report.json': '',
    })
    await expect(makeStore(made.screen, wanted, recorder())).resolves.toMatchObject({
      status: 'already done',
    })
  })

  it('is refused when a plate is damaged or is something else', async () => {
    const made = smallScreen()
    const wanted = order(made)
    await makeStore(made.screen, wanted, recorder())
    const plate = join(wanted.store.path, 'E1__1.ozx')
    writeFileSync(plate, readFileSync(plate).subarray(0, 5000))
    await expect(makeStore(made.screen, wanted, recorder())).rejects.toThrow(
      /E1__1\.ozx: it is cut short.*Delete this file and run preprocess again/,
    )
    rmSync(plate)
    await expect(makeStore(made.screen, wanted, recorder())).resolves.toMatchObject({
      status: 'done',
    })
    const file = join(keptFolder(), 'file')
    writeFileSync(file, '')
    await expect(
      makeStore(made.screen, order(made, { path: file }), recorder()),
    ).rejects.toMatchObject({ _tag: 'StoreError', message: expect.stringContaining('is a file') })
  })

  it('is refused when a plate of that name was written by something else', async () => {
    const made = smallScreen()
    const wanted = order(made)
    await makeStore(made.screen, wanted, recorder())
    const plate = join(wanted.store.path, 'E1__1.ozx')
    const rewrite = (changed: (name: string, bytes: Uint8Array) => Uint8Array) => {
      const other = join(keptFolder(), 'other.ozx')
      using zip = new ZipWriter(other)
      using was = ZipReader.open(plate)
      for (const name of was.names) zip.add(name, changed(name, was.entry(name)))
      zip.finish('')
      return readFileSync(other)
    }
    const text = rewrite((name, bytes) => (name === 'zarr.json' ? Buffer.from('hello') : bytes))
    const foreign = rewrite((name, bytes) => (name === 'zarr.json' ? Buffer.from('{}') : bytes))
    const damaged = rewrite((name, bytes) =>
      name.startsWith('statistics/digest/c') ? bytes.map((byte) => byte ^ 1) : bytes,
    )
    for (const [bytes, message] of [
      [text, /E1__1\.ozx: this is no plate that preprocess wrote\. Move it away/],
      [foreign, /E1__1\.ozx: this is no plate that preprocess wrote\. Move it away/],
      [damaged, /E1__1\.ozx: digests is damaged: checksum .*Delete this file and run preprocess/],
    ] as const) {
      writeFileSync(plate, bytes)
      const attempt = makeStore(made.screen, wanted, recorder())
      await expect(attempt).rejects.toThrow(message)
      await expect(attempt).rejects.toMatchObject({ _tag: 'StoreError', exitCode: 3 })
    }
  })

  it('is read to its last pixel when that is asked for', async () => {
    const made = smallScreen()
    const wanted = order(made)
    await makeStore(made.screen, wanted, recorder())
    const verifying = { ...wanted, store: { ...wanted.store, verify: true } }
    const reporter = recorder()
    const { status } = await makeStore(made.screen, verifying, reporter)
    expect(status).toBe('already done')
    expect(reporter.lines).toContain('store: 12 sites read, all as their digests say')

    const plate = join(wanted.store.path, 'E1__2.ozx')
    const bytes = readFileSync(plate)
    const shard = bytes.indexOf('/0/c/0/0/0')
    bytes.writeUInt8(bytes.readUInt8(shard + 40) ^ 1, shard + 40)
    writeFileSync(plate, bytes)
    await expect(makeStore(made.screen, wanted, recorder())).resolves.toMatchObject({ status })
    await expect(makeStore(made.screen, verifying, recorder())).rejects.toThrow(
      /E1__2\.ozx: site E1\/2\/B02\/1: tile 0 is damaged/,
    )
  })

  it('names plates that do not belong to the screen', async () => {
    const made = smallScreen()
    const wanted = order(made)
    await makeStore(made.screen, wanted, recorder())
    writeFileSync(join(wanted.store.path, 'E9__1.ozx'), '')
    const reporter = recorder()
    await makeStore(made.screen, wanted, reporter)
    expect(reporter.lines.join('\n')).toMatch(/E9__1\.ozx belongs to no plate of this screen/)
  })
})

describe('a store that two would make at once', () => {
  it('is refused to the second', async () => {
    const made = smallScreen()
    const wanted = order(made)
    await makeStore(made.screen, wanted, recorder())
    using _held = Lock.take(join(wanted.store.path, '.lock'), 'another preprocess', 'store')
    await expect(makeStore(made.screen, wanted, recorder())).rejects.toMatchObject({
      _tag: 'RunDirectoryError',
      message: expect.stringMatching(/^store: .* is in use by .*another preprocess/),
    })
  })
})

describe('stopping', () => {
  it('leaves whole plates and no half one, and goes on afterwards', async () => {
    const made = smallScreen({ plates: ['1', '2', '3'] })
    const undisturbed = order(made)
    await makeStore(made.screen, undisturbed, recorder())
    const wanted = order(made)
    const controller = new AbortController()
    const reporter = recorder(controller.signal)
    const stopping = {
      ...reporter,
      progress: () => ({
        advance: () => {
          reporter.progress().advance(1)
          // 18 sites are looked for, then written, six a plate: in the middle of the second.
          if (reporter.advanced === 18 + 9) {
            controller.abort(new InterruptedError('stopped', 130))
          }
        },
        done: () => {},
      }),
    }
    await expect(makeStore(made.screen, wanted, stopping)).rejects.toMatchObject({
      _tag: 'InterruptedError',
      exitCode: 130,
    })
    expect(readdirSync(wanted.store.path).sort()).toEqual(['E1__1.ozx', 'preprocess-report.json'])
    await expect(Store.open(wanted.store.path)).rejects.toThrow(/not finished/)
    await makeStore(made.screen, wanted, recorder())
    expect(content(wanted.store.path)).toEqual(content(undisturbed.store.path))
  })

  it('leaves no store that says it is whole when a missing plate is being made', async () => {
    const made = smallScreen()
    const wanted = order(made)
    await makeStore(made.screen, wanted, recorder())
    rmSync(join(wanted.store.path, 'E1__2.ozx'))
    writeFileSync(imageOf(made.screen, 7, 0), 'no image')
    await expect(makeStore(made.screen, wanted, recorder())).rejects.toThrow(/not a PNG/)
    await expect(Store.open(wanted.store.path)).rejects.toThrow(/not finished/)
  })

  it('survives SIGKILL at any moment: the next run makes the same bytes', async () => {
    const made = smallScreen({ plates: ['1', '2', '3', '4'], height: 64, width: 64 })
    const undisturbed = order(made)
    await makeStore(made.screen, undisturbed, recorder())
    const wanted = order(made)
    const program = join(import.meta.dirname, 'make-store.test.program.js')
    for (const milliseconds of [5, 20, 40]) {
      const child = fork(program, { serialization: 'advanced' })
      await once(child, 'message')
      child.send({ screen: made.screen, order: wanted })
      await new Promise((resolve) => setTimeout(resolve, milliseconds))
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    await makeStore(made.screen, wanted, recorder())
    expect(content(wanted.store.path)).toEqual(content(undisturbed.store.path))
  })
})

it('is made by one of two processes at once: the other is told who works there', async () => {
  const made = smallScreen({ plates: ['1', '2', '3', '4'], height: 96, width: 96 })
  const undisturbed = order(made)
  await makeStore(made.screen, undisturbed, recorder())
  const wanted = order(made)
  const program = join(import.meta.dirname, 'make-store.test.program.js')
  const children = [1, 2].map(() => fork(program, { serialization: 'advanced' }))
  await Promise.all(children.map((child) => once(child, 'message')))
  const outcomes = children.map(async (child) => {
    child.send({ screen: made.screen, order: wanted })
    const [said] = await once(child, 'message')
    return String(said)
  })
  const said = (await Promise.all(outcomes)).sort()
  expect(said).toEqual([
    expect.stringMatching(
      new RegExp(
        `^RunDirectoryError: store: .* is in use by process (${children.map(({ pid }) => pid).join('|')}) on .*phenoprint preprocess`,
      ),
    ),
    'done',
  ])
  expect(content(wanted.store.path)).toEqual(content(undisturbed.store.path))
})
