import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { decodeInto, readHeader } from './index.js'
import { runPython, temporaryFolder } from './oracle.test.support.js'

const folder = temporaryFolder()
const read = (name: string) => Uint8Array.from(readFileSync(join(folder, name)))

beforeAll(() => {
  runPython(
    `
import numpy as np
from PIL import Image
rng = np.random.default_rng(1)
y, x = np.mgrid[:61, :83]
smooth = 127 + 90 * np.sin(x / 9) * np.cos(y / 7) + rng.normal(0, 6, (61, 83))
grey = Image.fromarray(smooth.clip(0, 255).astype('u1'))
rgb = Image.fromarray(np.stack([smooth, smooth[::-1], smooth[:, ::-1]], -1).clip(0, 255).astype('u1'))
for name, image, options in (
    ('grey', grey, {}), ('progressive', grey, {'progressive': True}), ('restarts', grey, {'restart_marker_rows': 1}),
    ('rgb', rgb, {'subsampling': 0}), ('subsampled', rgb, {'subsampling': 2}), ('comment', grey, {'comment': b'x' * 70}),
):
    image.save(name + '.jpg', quality=90, **options)
    again = np.asarray(Image.open(name + '.jpg'))
    np.ascontiguousarray(again if again.ndim == 2 else np.moveaxis(again, -1, 0)).tofile(name + '.raw')
rgb.convert('CMYK').save('cmyk.jpg')
`,
    folder,
  )
})

describe('JPEG', () => {
  // Decoders round, and widen halved colours, in their own ways (ITU-T T.81 leaves both open).
  it.each([
    ['grey', 1, 1],
    ['progressive', 1, 1],
    ['restarts', 1, 1],
    ['comment', 1, 1],
    ['rgb', 3, 2],
    ['subsampled', 3, 8],
  ])('gives the pixels that PIL reads, but for rounding: %s', async (kind, samples, most) => {
    const bytes = read(`${kind}.jpg`)
    expect(await readHeader(bytes)).toEqual({
      width: 83,
      height: 61,
      samples,
      bitDepth: 8,
      alpha: false,
    })
    const expected = read(`${kind}.raw`)
    const pixels = new Uint8Array(expected.length)
    await decodeInto(bytes, [0, 1, 2].slice(0, samples), pixels)
    const differences = pixels.map((value, i) => Math.abs(value - (expected[i] ?? 0)))
    expect(Math.max(...differences)).toBeLessThanOrEqual(most)
    expect(differences.reduce((sum, value) => sum + value, 0) / pixels.length).toBeLessThan(0.5)
  })

  it('refuses a file cut short at any byte', async () => {
    const whole = read('grey.jpg')
    const target = new Uint8Array(83 * 61)
    for (let length = 3; length < whole.length; length += 7) {
      const attempt = decodeInto(whole.subarray(0, length), [0], target)
      await expect(attempt, `${length} bytes`).rejects.toThrow(/JPEG cut short/)
    }
  })

  it('says what it does not read', async () => {
    await expect(readHeader(read('cmyk.jpg'))).rejects.toThrow(/JPEG of 4 colours; grey and RGB/)
  })
})
