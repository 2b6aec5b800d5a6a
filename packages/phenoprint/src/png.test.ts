import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeInto } from '@phenoprint/pixels'
import { afterAll, describe, expect, it } from 'vitest'
import { encodePng, isWholePng } from './png.js'
import { randomStream } from './random.js'
import { keptFolder, removeKeptFolders } from './testing/kept-folder.js'

afterAll(removeKeptFolders)

const stream = randomStream(1, 'png test')
const picture = (width: number, height: number) =>
  Uint8Array.from({ length: width * height }, () => stream.integer(256))

describe('a PNG as written', () => {
  it.each([
    [1, 1],
    [7, 3],
    [128, 64],
  ])('is read back to the same pixels by another decoder (%i x %i)', async (width, height) => {
    const pixels = picture(width, height)
    const decoded = new Uint8Array(width * height)
    const header = await decodeInto(encodePng(pixels, width, height, 1), [0], decoded)
    expect(header).toMatchObject({ width, height, bitDepth: 8, samples: 1 })
    expect(decoded).toEqual(pixels)
  })

  it('has its colours', async () => {
    const pixels = picture(3 * 9, 5)
    const bytes = encodePng(pixels, 9, 5, 3)
    const planes = new Uint8Array(3 * 9 * 5)
    const header = await decodeInto(bytes, [0, 1, 2], planes)
    expect(header).toMatchObject({ width: 9, height: 5, bitDepth: 8, samples: 3 })
    for (let i = 0; i < 9 * 5; i++) {
      expect([0, 1, 2].map((c) => planes[c * 45 + i])).toEqual([
        ...pixels.subarray(3 * i, 3 * i + 3),
      ])
    }
  })

  it('is the same bytes each time', () => {
    const pixels = picture(20, 20)
    expect(encodePng(pixels, 20, 20, 1).equals(encodePng(pixels, 20, 20, 1))).toBe(true)
  })
})

describe('a file on the disk', () => {
  const path = join(keptFolder(), 'a.png')

  it('is whole only with its beginning, its end and its size', () => {
    expect(isWholePng(path, 16, 16, 1)).toBe(false)
    const bytes = encodePng(picture(16, 16), 16, 16, 1)
    writeFileSync(path, bytes)
    expect(isWholePng(path, 16, 16, 1)).toBe(true)
    expect(isWholePng(path, 16, 17, 1)).toBe(false)
    truncateSync(path, bytes.length - 1)
    expect(isWholePng(path, 16, 16, 1)).toBe(false)
    truncateSync(path, 0)
    expect(isWholePng(path, 16, 16, 1)).toBe(false)
  })
})
