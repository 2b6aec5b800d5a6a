import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { removeKeptFolders } from '../testing/kept-folder.js'
import { makeStore } from './make-store.js'
import { imageOf, order, png, recorder, smallScreen } from './small-screen.test.support.js'
import { Store } from './store.js'

afterAll(removeKeptFolders)

describe('images that are not as they should be', () => {
  const bad = async (bytes: Uint8Array, of = {}) => {
    const made = smallScreen(of)
    const file = imageOf(made.screen, 5, 1)
    writeFileSync(file, bytes)
    const wanted = order(made)
    const failing = makeStore(made.screen, wanted, recorder())
    await expect(failing).rejects.toMatchObject({ _tag: 'ImageError', exitCode: 3 })
    const report = readFileSync(join(wanted.store.path, 'preprocess-report.json'), 'utf8')
    const error: unknown = await failing.catch((thrown: unknown) => thrown)
    const message = error instanceof Error ? error.message : ''
    expect(message).toContain(file)
    expect(JSON.parse(report).broken).toEqual([message])
    return message
  }

  it('of another size', async () => {
    expect(await bad(png(new Uint8Array(21 * 24), 21, 24))).toMatch(
      /got 24x21 pixels, expected 24x20 like .*B02-1-w1\.png/,
    )
  })

  it('of another depth', async () => {
    expect(await bad(png(new Uint16Array(20 * 24), 20, 24))).toMatch(
      /got 16 bits a pixel, expected 8 like/,
    )
  })

  it('of more channels in a file than one', async () => {
    expect(await bad(png(new Uint8Array(3 * 20 * 24), 20, 24))).toMatch(
      /got 3 planes in the file, expected 1 \(grey\)/,
    )
  })

  it('cut short', async () => {
    const whole = png(new Uint8Array(20 * 24), 20, 24)
    expect(await bad(whole.subarray(0, -20))).toMatch(/PNG cut short/)
  })

  it('are all named, plate by plate', async () => {
    const made = smallScreen()
    for (const site of [1, 4, 9]) writeFileSync(imageOf(made.screen, site, 0), 'no image')
    const error: unknown = await makeStore(made.screen, order(made), recorder()).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({ _tag: 'ImageError' })
    const message = error instanceof Error ? error.message : ''
    expect(message).toContain('2 sites of this plate')
    expect(message).toContain(imageOf(made.screen, 1, 0))
    expect(message).toContain(imageOf(made.screen, 4, 0))
  })

  it('may hold all channels in one file', async () => {
    const made = smallScreen({ channels: 3 })
    const sites = made.screen.sites.map((site, i) => {
      const pixels = made.pixels[i] ?? new Uint8Array(0)
      const interleaved = Uint8Array.from(
        pixels,
        (_, at) => pixels[(at % 3) * 480 + Math.floor(at / 3)] ?? 0,
      )
      const path = join(made.folder, `${i}.png`)
      writeFileSync(path, png(interleaved, 20, 24))
      return { ...site, images: [path] }
    })
    const wanted = order(made)
    await makeStore({ ...made.screen, sites }, wanted, recorder())
    const perChannel = order(made)
    await makeStore(made.screen, perChannel, recorder())
    using store = await Store.open(wanted.store.path, { verify: true })
    using twin = await Store.open(perChannel.store.path)
    expect(store.digest).toBe(twin.digest)
  })
})
