import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  channelStatistics,
  placeTile,
  swapsAxes,
  symmetryNames,
  type Tile,
  tileMoments,
} from './index.js'
import { readFloat32, runPython, temporaryFolder } from './oracle.test.support.js'

const folder = temporaryFolder()
const channels = 3
const height = 12
const width = 17
const size = channels * height * width
const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 37 + ((i * i) >> 4)) & 255)
const words = Uint16Array.from({ length: size }, (_, i) => (i * 2713 + ((i * i) >> 2)) & 65535)

function tileOf(
  pixels: Uint8Array | Uint16Array,
  filledHeight = height,
  filledWidth = width,
): Tile {
  return { pixels, channels, height, width, filledHeight, filledWidth }
}

const unchanged = { centre: new Float64Array(channels), scale: new Float64Array(channels).fill(1) }

beforeAll(() => {
  writeFileSync(join(folder, 'bytes.raw'), bytes)
  writeFileSync(join(folder, 'words.raw'), new Uint8Array(words.buffer))
  runPython(
    `
import json
import numpy as np
shape = (${channels}, ${height}, ${width})
turns = {
    'identity': lambda a: a,
    'rot90': lambda a: np.rot90(a, 1),
    'rot180': lambda a: np.rot90(a, 2),
    'rot270': lambda a: np.rot90(a, 3),
    'flipX': np.fliplr,
    'flipY': np.flipud,
    'transpose': np.transpose,
    'antitranspose': lambda a: np.transpose(np.rot90(a, 2)),
}
moments = {}
for name, dtype, bins in (('bytes', 'u1', 256), ('words', 'u2', 4096)):
    tile = np.fromfile(name + '.raw', dtype).reshape(shape)
    for turn, of in turns.items():
        turned = np.stack([of(plane) for plane in tile], axis=-1)
        turned.astype('f4').tofile(f'{name}-{turn}.f32')
    part = tile[:, :9, :11]
    standard = (part - part.mean((1, 2), keepdims=True)) / (part.std((1, 2), keepdims=True) + 1e-10)
    padded = np.zeros(shape)
    padded[:, :9, :11] = standard
    for turn, of in turns.items():
        turned = np.stack([of(plane) for plane in padded], axis=-1)
        turned.astype('f4').tofile(f'{name}-{turn}-padded.f32')
    moments[name] = {
        'mean': tile.mean((1, 2)).tolist(), 'variance': tile.var((1, 2)).tolist(),
        'partMean': part.mean((1, 2)).tolist(), 'partVariance': part.var((1, 2)).tolist(),
        'histogram': np.histogram(tile[1], bins, (0, 256 if dtype == 'u1' else 65536))[0].tolist(),
    }
json.dump(moments, open('moments.json', 'w'))
`,
    folder,
  )
})

/** The bits of bfloat16. */
function roundedByTorch(floats: Float32Array): Uint16Array {
  writeFileSync(join(folder, 'floats.raw'), new Uint8Array(floats.buffer))
  runPython(
    `
import numpy as np, torch
floats = torch.from_numpy(np.fromfile('floats.raw', 'f4'))
floats.to(torch.bfloat16).view(torch.uint16).numpy().tofile('halves.raw')`,
    folder,
  )
  return new Uint16Array(Uint8Array.from(readFileSync(join(folder, 'halves.raw'))).buffer)
}

describe.each([
  ['bytes', bytes],
  ['words', words],
] as const)('a tile of %s', (name, pixels) => {
  it.each(symmetryNames)('is turned as numpy turns it: %s', (symmetry) => {
    const output = new Float32Array(size + 4).fill(-1)
    placeTile(tileOf(pixels), symmetry, unchanged, output, 2)
    expect(output.subarray(2, size + 2)).toEqual(
      readFloat32(join(folder, `${name}-${symmetry}.f32`)),
    )
    expect([output[0], output[1], output[size + 2], output[size + 3]]).toEqual([-1, -1, -1, -1])
  })

  it.each(symmetryNames)('has mean 0 and deviation 1, and padding 0: %s', (symmetry) => {
    const tile = tileOf(pixels, 9, 11)
    const { mean, variance } = tileMoments(tile)
    const scale = variance.map((value) => 1 / (Math.sqrt(value) + 1e-10))
    const output = new Float32Array(size).fill(5)
    placeTile(tile, symmetry, { centre: mean, scale }, output, 0)
    const expected = readFloat32(join(folder, `${name}-${symmetry}-padded.f32`))
    for (let i = 0; i < size; i++) expect(output[i]).toBeCloseTo(expected[i] ?? Number.NaN, 5)
  })

  it.each(symmetryNames)('is rounded to bfloat16 as PyTorch rounds it: %s', (symmetry) => {
    const normalisation = {
      centre: Float64Array.of(100.3, 0.25, -7),
      scale: Float64Array.of(1 / 77, 3, 1e38),
    }
    for (const tile of [tileOf(pixels), tileOf(pixels, 9, 11)]) {
      const floats = new Float32Array(size)
      placeTile(tile, symmetry, normalisation, floats, 0)
      const halves = new Uint16Array(size + 3).fill(7)
      placeTile(tile, symmetry, normalisation, halves, 1)
      expect(halves.subarray(1, size + 1)).toEqual(roundedByTorch(floats))
      expect([halves[0], halves[size + 1], halves[size + 2]]).toEqual([7, 7, 7])
    }
  })

  it('has the moments and histogram that numpy counts', () => {
    const expected = JSON.parse(readFileSync(join(folder, 'moments.json'), 'utf8'))[name]
    const whole = tileMoments(tileOf(pixels))
    const part = tileMoments(tileOf(pixels, 9, 11))
    for (let c = 0; c < channels; c++) {
      const plane = channelStatistics(pixels.subarray(c * height * width, (c + 1) * height * width))
      for (const mean of [whole.mean[c], plane.mean]) {
        expect(mean).toBeCloseTo(expected.mean[c], 8)
      }
      for (const variance of [whole.variance[c], plane.variance]) {
        expect((variance ?? 0) / expected.variance[c]).toBeCloseTo(1, 10)
      }
      expect(part.mean[c]).toBeCloseTo(expected.partMean[c], 8)
      expect((part.variance[c] ?? 0) / expected.partVariance[c]).toBeCloseTo(1, 10)
      if (c === 1) expect([...plane.histogram]).toEqual(expected.histogram)
    }
  })
})

describe('swapsAxes', () => {
  it('names the symmetries after which height and width change places', () => {
    expect(symmetryNames.filter(swapsAxes)).toEqual([
      'rot90',
      'rot270',
      'transpose',
      'antitranspose',
    ])
  })
})
