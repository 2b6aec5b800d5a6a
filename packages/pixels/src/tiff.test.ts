import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { decodeInto, type ImageHeader, type Pixels, readHeader } from './index.js'
import { runPython, temporaryFolder } from './oracle.test.support.js'

const folder = temporaryFolder()
const read = (name: string) => Uint8Array.from(readFileSync(join(folder, name)))

/** All planes of a file. */
async function decode(bytes: Uint8Array): Promise<{ header: ImageHeader; pixels: Pixels }> {
  const header = await readHeader(bytes)
  const { width, height, samples, bitDepth } = header
  const planes = Array.from({ length: samples }, (_, sample) => sample)
  const length = width * height * samples
  const pixels = bitDepth === 8 ? new Uint8Array(length) : new Uint16Array(length)
  await decodeInto(bytes, planes, pixels)
  return { header, pixels }
}

/** Bytes of both kinds of pixels, to be compared at once. */
const bytesOf = ({ buffer, byteOffset, byteLength }: Pixels | Buffer) =>
  Buffer.from(buffer, byteOffset, byteLength)

const byteOrders = ['little', 'big'] as const
const forms = [
  'none8',
  'none16',
  'deflate16',
  'differences16',
  'tiles16',
  'tiles8',
  'pages16',
  'big16',
]
const kinds = [
  ...byteOrders.flatMap((order) => forms.map((form) => `${form}-${order}`)),
  ...['rgb8', 'rgb16', 'planar16', 'six-contig', 'six-planar', 'six-tiles', 'imagej', 'ome'],
  ...['white8', 'palette', 'pyramid', 'rgba8', 'strips-big', 'deflate-old'],
  ...['lzw', 'packbits', 'deflate'].flatMap((name) =>
    [8, 16].flatMap((depth) => [
      `${name}${depth}`,
      ...(name === 'packbits' ? [] : [`${name}${depth}-differences`]),
    ]),
  ),
]

beforeAll(() => {
  runPython(
    `
import shutil, numpy as np, tifffile
from PIL import Image
rng = np.random.default_rng(1)
grey = np.tile(rng.integers(0, 256, (61, 47)), (2, 2)).astype('u1')
deep = (np.add.outer(np.arange(90) * 300, np.arange(75) * 37) + rng.integers(0, 99, (90, 75))).astype('u2')
rgb = rng.integers(0, 256, (20, 30, 3)).astype('u1')
rgb16 = rng.integers(0, 65536, (20, 30, 3)).astype('u2')
rgba = rng.integers(0, 256, (20, 30, 4)).astype('u1')
six = rng.integers(0, 65536, (6, 33, 40)).astype('u2')
def planes(name, values): np.ascontiguousarray(values).astype(values.dtype.newbyteorder('<')).tofile(name + '.raw')
def save(name, image, colours=False, **options):
    options.setdefault('photometric', 'minisblack')
    tifffile.imwrite(name + '.tif', image, **options)
    # what another program reads, not what was written
    again = tifffile.imread(name + '.tif')
    planes(name, np.moveaxis(again, -1, 0) if colours else again)
for letter, order in (('<', 'little'), ('>', 'big')):
    save(f'none8-{order}', grey, byteorder=letter)
    save(f'none16-{order}', deep, byteorder=letter, rowsperstrip=7)
    save(f'deflate16-{order}', deep, byteorder=letter, compression='zlib')
    save(f'differences16-{order}', deep, byteorder=letter, compression='zlib', predictor=True)
    save(f'tiles16-{order}', deep, byteorder=letter, tile=(32, 32), compression='zlib')
    save(f'tiles8-{order}', grey, byteorder=letter, tile=(16, 48))
    save(f'pages16-{order}', six, byteorder=letter)
    save(f'big16-{order}', deep, byteorder=letter, bigtiff=True)
save('rgb8', rgb, True, photometric='rgb')
save('rgba8', rgba, True, photometric='rgb', extrasamples=['unassalpha'])
save('rgb16', rgb16, True, photometric='rgb')
save('planar16', np.moveaxis(rgb16, -1, 0).copy(), photometric='rgb', planarconfig='separate')
save('six-contig', np.moveaxis(six, 0, -1).copy(), True, planarconfig='contig')
save('six-planar', six, planarconfig='separate')
save('six-tiles', np.moveaxis(six, 0, -1).copy(), True, planarconfig='contig', tile=(16, 16), compression='zlib', predictor=True)
save('imagej', six, photometric=None, imagej=True, metadata={'axes': 'CYX'})
save('ome', six, ome=True, metadata={'axes': 'CYX'})
# more strips than fit in the first kilobyte, in a form that only the general decoder takes
save('strips-big', np.moveaxis(np.tile(six, (1, 20, 1)), 0, -1).copy(), True, planarconfig='contig', rowsperstrip=1, byteorder='>')
tifffile.imwrite('white8.tif', grey, photometric='miniswhite')
planes('white8', np.asarray(Image.open('white8.tif')))
Image.fromarray(rgb).quantize(200).save('palette.tif')
planes('palette', np.asarray(Image.open('palette.tif')))
with tifffile.TiffWriter('pyramid.tif') as file:
    file.write(deep, photometric='minisblack')
    file.write(deep[::2, ::2], photometric='minisblack', subfiletype=1)
    file.write(deep + 1, photometric='minisblack')
planes('pyramid', np.stack([deep, deep + 1]))
for name, scheme, number in (('lzw', 'tiff_lzw', 5), ('packbits', 'packbits', 32773), ('deflate', 'tiff_adobe_deflate', 8)):
    for depth, image in ((8, grey), (16, deep)):
        for kind in ('', '-differences')[:1 if name == 'packbits' else 2]:
            file = f'{name}{depth}{kind}'
            Image.fromarray(image).save(file + '.tif', compression=scheme, tiffinfo={317: 2} if kind else {})
            assert Image.open(file + '.tif').tag_v2[259] == number, (file, Image.open(file + '.tif').tag_v2[259])
            planes(file, np.asarray(Image.open(file + '.tif')))
shutil.copy('deflate8.tif', 'deflate-old.tif')
with tifffile.TiffFile('deflate-old.tif', mode='r+b') as file: file.pages[0].tags[259].overwrite(32946)
planes('deflate-old', tifffile.imread('deflate-old.tif'))
tifffile.imwrite('float.tif', deep.astype('f4'))
tifffile.imwrite('signed.tif', deep.astype('i2'))
tifffile.imwrite('deeper.tif', deep.astype('u4'))
Image.fromarray(grey).convert('1').save('bits.tif')
Image.fromarray(rgb).save('jpeg-inside.tif', compression='jpeg')
tifffile.imwrite('six-differences-big.tif', np.moveaxis(six, 0, -1).copy(), photometric='minisblack', planarconfig='contig', byteorder='>', compression='zlib', predictor=True)
with tifffile.TiffWriter('unlike.tif') as file:
    file.write(deep, photometric='minisblack')
    file.write(deep[:50], photometric='minisblack')
`,
    folder,
  )
})

describe('TIFF', () => {
  it.each(kinds)('gives the pixels that tifffile or PIL reads: %s', async (kind) => {
    const { header, pixels } = await decode(read(`${kind}.tif`))
    const expected = readFileSync(join(folder, `${kind}.raw`))
    expect(pixels.length).toBe(header.width * header.height * header.samples)
    expect(bytesOf(pixels).equals(expected)).toBe(true)
  })

  it('tells size, depth and planes, of all pages but smaller copies', async () => {
    const size = { width: 40, height: 33, bitDepth: 16, alpha: false }
    expect(await readHeader(read('pages16-big.tif'))).toEqual({ ...size, samples: 6 })
    expect(await readHeader(read('six-contig.tif'))).toEqual({ ...size, samples: 6 })
    expect(await readHeader(read('pyramid.tif'))).toMatchObject({ samples: 2, width: 75 })
    expect(await readHeader(read('rgba8.tif'))).toMatchObject({ samples: 4, alpha: true })
    expect(await readHeader(read('none8-big.tif'))).toMatchObject({ samples: 1, bitDepth: 8 })
  })

  it.each(['pages16-big', 'six-contig'])('puts chosen planes at an offset: %s', async (kind) => {
    const target = new Uint16Array(2 * 1320 + 4).fill(7)
    await decodeInto(read(`${kind}.tif`), [5, 2], target, 2)
    const all = readFileSync(join(folder, `${kind}.raw`))
    const plane = (index: number) => all.subarray(index * 2640, (index + 1) * 2640)
    expect(bytesOf(target.subarray(2, 1322)).equals(plane(5))).toBe(true)
    expect(bytesOf(target.subarray(1322, 2642)).equals(plane(2))).toBe(true)
    expect([target[0], target[1], target[2642], target[2643]]).toEqual([7, 7, 7, 7])
    await expect(decodeInto(read(`${kind}.tif`), [6], target)).rejects.toThrow(/none at index 6/)
  })

  it.each([
    ['float', /32 bits a sample as floats; 8 and 16 without sign are read/],
    ['signed', /16 bits a sample with signs/],
    ['deeper', /32 bits a sample/],
    ['bits', /of 1 bits a sample/],
    ['jpeg-inside', /compressed by scheme 7; none, LZW, deflate, PackBits are read/],
    ['six-differences-big', /big-endian differences/],
    ['unlike', /page 1 has 75x90 pixels of 1 x 16 bits, page 2 75x50/],
  ])('says what it does not read: %s', async (kind, message) => {
    await expect(decode(read(`${kind}.tif`))).rejects.toMatchObject({
      _tag: 'PixelError',
      fault: 'unsupported',
      message: expect.stringMatching(message),
    })
  })

  it.each([
    'lzw16',
    'packbits8',
    'deflate16-little',
    'tiles16-big',
    'pages16-little',
    'six-contig',
  ])('refuses a file cut short: %s', async (kind) => {
    const whole = read(`${kind}.tif`)
    const lengths = [1, 2, 3, 4, 7, 8, 9, 100, whole.length >> 1, whole.length - 300]
    // Directories stand at the end of some files, and pixels in others.
    for (const length of lengths) {
      const attempt = decode(whole.subarray(0, length))
      await expect(attempt, `${length} bytes`).rejects.toMatchObject({ _tag: 'PixelError' })
    }
  })

  it('gives pixels or says what is wrong, whatever byte is another', async () => {
    const names = readdirSync(folder).filter((name) =>
      /^(lzw8|tiles8-big|six-contig)\.tif$/.test(name),
    )
    expect(names).toHaveLength(3)
    for (const name of names) {
      const whole = read(name)
      let refused = 0
      for (let index = 0; index < whole.length; index += Math.ceil(whole.length / 400)) {
        const broken = Uint8Array.from(whole)
        broken[index] = (broken[index] ?? 0) ^ 0x24
        const error: unknown = await decode(broken).then(
          () => null,
          (reason) => reason,
        )
        if (error === null) continue
        expect(error, `${name}, byte ${index}`).toMatchObject({ _tag: 'PixelError' })
        refused++
      }
      expect(refused).toBeGreaterThan(0)
    }
  })

  it('does not follow directories round in a circle', async () => {
    const bytes = Uint8Array.from(read('none8-little.tif'))
    const view = new DataView(bytes.buffer)
    const directory = view.getUint32(4, true)
    view.setUint32(directory + 2 + 12 * view.getUint16(directory, true), directory, true)
    await expect(readHeader(bytes)).rejects.toThrow(/more than 10000 pages/)
  })
})
