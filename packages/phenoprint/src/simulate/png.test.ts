import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeInto } from '@phenoprint/pixels'
import { afterAll, describe, expect, it } from 'vitest'
import { randomStream } from '../random.js'
import { keptFolder, removeKeptFolders } from '../testing/kept-folder.js'
import { encodeGreyPng, isWholeGreyPng } from './png.js'

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
    const header = await decodeInto(encodeGreyPng(pixels, width, height), [0], decoded)
    expect(header).toMatchObject({ width, height, bitDepth: 8, samples: 1 })
    expect(decoded).toEqual(pixels)
  })

  it('is the same bytes each time', () => {
    const pixels = picture(20, 20)
    expect(encodeGreyPng(pixels, 20, 20).equals(encodeGreyPng(pixels, 20, 20))).toBe(true)
  })
})

describe('a file on the disk', () => {
  const path = join(keptFolder(), 'a.png')

  it('is whole only with its beginning, its end and its size', () => {
    expect(isWholeGreyPng(path, 16, 16)).toBe(false)
    const bytes = encodeGreyPng(picture(16, 16), 16, 16)
    writeFileSync(path, bytes)
    expect(isWholeGreyPng(path, 16, 16)).toBe(true)
    expect(isWholeGreyPng(path, 16, 17)).toBe(false)
    truncateSync(path, bytes.length - 1)
    expect(isWholeGreyPng(path, 16, 16)).toBe(false)
    truncateSync(path, 0)
    expect(isWholeGreyPng(path, 16, 16)).toBe(false)
  })
})
