import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { decodeInto, type Pixels, readHeader } from './index.js'
import { runPython, temporaryFolder } from './oracle.test.support.js'

const folder = temporaryFolder()

/** The pixels of a file, all samples as planes. */
async function decode(bytes: Uint8Array): Promise<Pixels> {
  const { width, height, samples, bitDepth } = await readHeader(bytes)
  const planes = Array.from({ length: samples }, (_, sample) => sample)
  const length = width * height * samples
  const pixels = bitDepth === 8 ? new Uint8Array(length) : new Uint16Array(length)
  await decodeInto(bytes, planes, pixels)
  return pixels
}

const read = (name: string) => Uint8Array.from(readFileSync(join(folder, name)))

/** A PNG of one IDAT chunk around given filtered rows. */
function png(header: readonly number[], rows: Uint8Array): Buffer {
  const ihdr = Buffer.alloc(13)
  const [width = 0, height = 0, depth = 8, colour = 0] = header
  ihdr.writeUInt32BE(width, 0)
  ihdr.writeUInt32BE(height, 4)
  ihdr[8] = depth
  ihdr[9] = colour
  const chunk = (type: string, data: Uint8Array) => {
    const out = Buffer.alloc(12 + data.length)
    out.writeUInt32BE(data.length, 0)
    out.write(type, 4, 'latin1')
    out.set(data, 8)
    out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length)
    return out
  }
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
  return Buffer.concat([
    Uint8Array.from(signature),
    chunk('IHDR', ihdr),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

const kinds = ['grey8', 'grey16', 'odd', 'one', 'rgb', 'rgba', 'palette', 'tall'] as const

beforeAll(() => {
  runPython(
    `
import numpy as np
from PIL import Image
rng = np.random.default_rng(1)
grey = rng.integers(0, 256, (61, 47)).astype('u1')
def save(name, image, planes):
    image.save(name + '.png')
    np.ascontiguousarray(planes).tofile(name + '.raw')
save('grey8', Image.fromarray(grey), grey)
deep = rng.integers(0, 65536, (40, 33)).astype('u2')
save('grey16', Image.fromarray(deep), deep)
smooth = (np.add.outer(np.arange(13), np.arange(7)) * 9).astype('u1')
save('odd', Image.fromarray(smooth), smooth)
save('one', Image.fromarray(grey[:1, :1]), grey[:1, :1])
save('tall', Image.fromarray(np.tile(grey, (9, 1))), np.tile(grey, (9, 1)))
rgb = rng.integers(0, 256, (20, 30, 3)).astype('u1')
save('rgb', Image.fromarray(rgb), rgb.transpose(2, 0, 1))
rgba = rng.integers(0, 256, (20, 30, 4)).astype('u1')
save('rgba', Image.fromarray(rgba), rgba.transpose(2, 0, 1))
palette = Image.fromarray(rgb).quantize(200)
save('palette', palette, np.asarray(palette.convert('RGB')).transpose(2, 0, 1))
`,
    folder,
  )
})

describe('decodeInto', () => {
  it.each(kinds)('gives the pixels that PIL wrote: %s', async (kind) => {
    const pixels = await decode(read(`${kind}.png`))
    const expected = read(`${kind}.raw`)
    expect(Buffer.from(pixels.buffer).equals(expected)).toBe(true)
  })

  it('puts chosen samples at an offset and touches nothing else', async () => {
    const target = new Uint8Array(2 * 600 + 10).fill(7)
    await decodeInto(read('rgb.png'), [2, 0], target, 5)
    const planes = read('rgb.raw')
    expect(target.subarray(5, 605)).toEqual(planes.subarray(1200, 1800))
    expect(target.subarray(605, 1205)).toEqual(planes.subarray(0, 600))
    expect([...target.subarray(0, 5), ...target.subarray(1205)]).toEqual(new Array(10).fill(7))
  })

  it('refuses a file cut short at any byte', async () => {
    const whole = read('odd.png')
    for (let length = 0; length < whole.length; length++) {
      await expect(decode(whole.subarray(0, length)), `${length} bytes`).rejects.toThrow(
        /cut short|empty|not a PNG/,
      )
    }
  })

  it('refuses a file with any one bit turned', async () => {
    const whole = read('odd.png')
    for (let index = 0; index < whole.length; index++) {
      const broken = Uint8Array.from(whole)
      broken[index] = (broken[index] ?? 0) ^ 4
      await expect(decode(broken), `byte ${index}`).rejects.toMatchObject({ _tag: 'PixelError' })
    }
  })

  it('refuses rows that are too few, and filters that there are not', async () => {
    await expect(decode(png([3, 2], Uint8Array.of(0, 1, 2, 3)))).rejects.toThrow(/damaged/)
    await expect(decode(png([3, 1], Uint8Array.of(9, 1, 2, 3)))).rejects.toThrow(/damaged/)
  })

  it('says what a file is when it is no PNG, and what depth it has', async () => {
    await expect(decode(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0))).rejects.toThrow(/JPEG cut short/)
    await expect(decode(new Uint8Array(0))).rejects.toThrow(/empty/)
    await expect(decode(png([8, 1, 1], Uint8Array.of(0, 0xaa)))).rejects.toThrow(/1 bits a sample/)
    await expect(decodeInto(read('grey8.png'), [1], new Uint8Array(9999))).rejects.toThrow(
      /none at index 1/,
    )
  })

  it('refuses a header that announces more than memory holds, without taking it', async () => {
    const before = process.memoryUsage().rss
    const target = new Uint8Array(10)
    await expect(decodeInto(png([60000, 60000], Uint8Array.of(0, 1)), [0], target)).rejects.toThrow(
      /does not hold/,
    )
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6)
  })

  it('ignores the transparency of a grey image', async () => {
    const plain = png([3, 1], Uint8Array.of(0, 1, 2, 3))
    const transparency = Buffer.alloc(14)
    transparency.writeUInt32BE(2, 0)
    transparency.write('tRNS', 4, 'latin1')
    transparency[9] = 2
    transparency.writeUInt32BE(crc32(transparency.subarray(4, 10)), 10)
    const bytes = Buffer.concat([plain.subarray(0, 33), transparency, plain.subarray(33)])
    expect(await decode(bytes)).toEqual(Uint8Array.of(1, 2, 3))
  })
})
