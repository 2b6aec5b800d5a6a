import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { gaussianBlur } from './gaussian-blur.js'
import { readFloat32, runPython, temporaryFolder } from './oracle.test.support.js'

const sizes = [
  [1, 1],
  [3, 40],
  [17, 5],
  [64, 64],
] as const
const sigmas = [0, 0.1, 0.4, 1, 2.5, 7]

function plane(height: number, width: number): Float32Array {
  return Float32Array.from({ length: height * width }, (_, i) => (i * 7919 + 13) % 257)
}

describe('gaussianBlur', () => {
  const folder = temporaryFolder()

  it("gives scipy's gaussian_filter, on planes smaller than the kernel too", () => {
    const cases = sizes.flatMap(([height, width]) =>
      sigmas.map((sigma) => ({ height, width, sigma, plane: [...plane(height, width)] })),
    )
    writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases))
    runPython(
      `
import json, numpy as np
from scipy.ndimage import gaussian_filter
cases = json.load(open('cases.json'))
planes = [np.array(c['plane'], 'f8').reshape(c['height'], c['width']) for c in cases]
blurred = [gaussian_filter(plane, c['sigma']).ravel() for c, plane in zip(cases, planes)]
np.concatenate(blurred).astype('<f4').tofile('blurred')`,
      folder,
    )
    const expected = readFloat32(join(folder, 'blurred'))
    const got = cases.flatMap(({ height, width, sigma, plane: values }) => {
      const blurred = Float32Array.from(values)
      gaussianBlur(blurred, height, width, sigma)
      return [...blurred]
    })
    expect(got).toHaveLength(expected.length)
    got.forEach((value, i) => {
      expect(Math.abs(value - (expected[i] ?? Number.NaN))).toBeLessThan(1e-4)
    })
  })
})
