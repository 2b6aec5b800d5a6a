import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mirrored, mirroredRange } from './mirrored.js'
import { readFloat32, runPython, temporaryFolder } from './oracle.test.support.js'
import type { FloatTile } from './place-tile.js'
import { type ImageRegion, type Interpolation, type PixelMap, warp } from './warp.js'

/** Numbers that look random and are always the same, 0 to 1. */
function noise(index: number): number {
  const value = Math.sin(index * 12.9898 + 4.1414) * 43758.5453
  return value - Math.floor(value)
}

function emptyTile(channels: number, height: number, width: number): FloatTile {
  const pixels = new Float32Array(channels * height * width)
  return { pixels, channels, height, width, filledHeight: height, filledWidth: width }
}

/** The rectangle of an image that a map reads. */
function regionOf(image: Uint8Array, size: readonly number[], map: PixelMap, out: number[]) {
  const [channels = 0, imageHeight = 0, imageWidth = 0] = size
  const [height = 0, width = 0] = out
  const places = (origin: number, perY: number, perX: number) => {
    const corners = [0, height - 1].flatMap((y) =>
      [0, width - 1].map((x) => origin + perY * y + perX * x),
    )
    // Nearest asks for half a pixel further.
    return [Math.min(...corners), Math.max(...corners) + 0.5] as const
  }
  const [top, bottom] = mirroredRange(...places(map.originY, map.yPerY, map.yPerX), imageHeight)
  const [left, right] = mirroredRange(...places(map.originX, map.xPerY, map.xPerX), imageWidth)
  const pixels = new Uint8Array(channels * (bottom - top) * (right - left))
  let to = 0
  for (let c = 0; c < channels; c++) {
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++)
        pixels[to++] = image[(c * imageHeight + y) * imageWidth + x] ?? 0
    }
  }
  const region: ImageRegion = {
    ...{ pixels, channels, height: bottom - top, width: right - left },
    ...{ top, left, imageHeight, imageWidth },
  }
  return region
}

const size = [2, 23, 17]
const image = Uint8Array.from({ length: 2 * 23 * 17 }, (_, i) => Math.floor(noise(i) * 256))
const out = [9, 12]

/** Maps that turn, enlarge and shrink, far past every edge too. */
const maps: PixelMap[] = Array.from({ length: 60 }, (_, number) => {
  const at = (i: number) => noise(1000 * number + i) - 0.5
  const reach = number < 40 ? 30 : 150
  return {
    ...{ originY: at(1) * reach + 5, originX: at(2) * reach + 5 },
    ...{ yPerY: at(3) * 4, yPerX: at(4) * 4, xPerY: at(5) * 4, xPerX: at(6) * 4 },
  }
})

describe('warp', () => {
  const folder = temporaryFolder()

  it.each([
    { interpolation: 'linear', order: 1 },
    { interpolation: 'nearest', order: 0 },
  ] as const)(
    "gives scipy's map_coordinates, $interpolation, from the whole image and from the part it reads",
    ({ interpolation, order }: { interpolation: Interpolation; order: number }) => {
      writeFileSync(
        join(folder, 'cases.json'),
        JSON.stringify({ image: [...image], size, out, maps, order }),
      )
      runPython(
        `
import json, numpy as np
from scipy.ndimage import map_coordinates
d = json.load(open('cases.json'))
image = np.array(d['image'], 'f8').reshape(d['size'])
y, x = np.mgrid[0:d['out'][0], 0:d['out'][1]]
warped = []
for m in d['maps']:
    at = [m['originY'] + m['yPerY'] * y + m['yPerX'] * x, m['originX'] + m['xPerY'] * y + m['xPerX'] * x]
    warped += [map_coordinates(plane, at, order=d['order'], mode='reflect') for plane in image]
np.array(warped, '<f4').tofile('warped')`,
        folder,
      )
      const expected = readFloat32(join(folder, 'warped'))
      const [channels = 0, imageHeight = 0, imageWidth = 0] = size
      const [height = 0, width = 0] = out
      const whole: ImageRegion = {
        ...{ pixels: image, channels, height: imageHeight, width: imageWidth },
        ...{ top: 0, left: 0, imageHeight, imageWidth },
      }
      maps.forEach((map, number) => {
        const truth = expected.subarray(number * channels * height * width)
        for (const region of [whole, regionOf(image, size, map, out)]) {
          const tile = emptyTile(channels, height, width)
          warp(region, map, tile, interpolation)
          const worst = tile.pixels.reduce(
            (most, value, i) => Math.max(most, Math.abs(value - (truth[i] ?? Number.NaN))),
            0,
          )
          expect(worst).toBeLessThan(1e-3)
        }
      })
    },
  )

  it('reads parts that are smaller than the image where that is enough', () => {
    const map = { originY: 3.2, originX: -2.2, yPerY: 1, yPerX: 0, xPerY: 0, xPerX: 1 }
    const { top, left, height, width } = regionOf(image, size, map, out)
    // Rows 3 to 12; columns -3 to 10, of which -3 to -1 are 2 to 0 again.
    expect({ top, left, height, width }).toEqual({ top: 3, left: 0, height: 10, width: 11 })
  })

  it('leaves padding as it is', () => {
    const tile = { ...emptyTile(2, 4, 5), filledHeight: 3, filledWidth: 2 }
    tile.pixels.fill(7)
    const whole: ImageRegion = {
      ...{ pixels: image, channels: 2, height: 23, width: 17 },
      ...{ top: 0, left: 0, imageHeight: 23, imageWidth: 17 },
    }
    const map = { originY: 1, originX: 2, yPerY: 1, yPerX: 0, xPerY: 0, xPerX: 1 }
    warp(whole, map, tile, 'linear')
    expect([...tile.pixels.subarray(0, 5)]).toEqual([image[19], image[20], 7, 7, 7])
    expect([...tile.pixels.subarray(15, 20)]).toEqual([7, 7, 7, 7, 7])
  })
})

describe('mirroredRange', () => {
  it('holds every index that stands at the places between', () => {
    for (let count = 1; count < 9; count++) {
      for (let first = -20; first < 25; first++) {
        for (let last = first; last < 25; last++) {
          const [from, to] = mirroredRange(first, last + 0.9, count)
          expect(from).toBeGreaterThanOrEqual(0)
          expect(to).toBeLessThanOrEqual(count)
          for (let place = first; place <= last + 1; place++) {
            const index = mirrored(place, count)
            expect(index >= from && index < to).toBe(true)
          }
        }
      }
    }
  })
})
