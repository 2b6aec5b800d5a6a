import { describe, expect, it } from 'vitest'
import { randomStream } from '../random.js'
import { blur, expose, makeNoise } from './camera.js'
import type { Optics } from './optics.js'
import { moments } from './settings.test.support.js'

const size = 96
const optics = (fields: Partial<Optics> = {}): Optics => ({
  gain: new Float64Array(6).fill(1),
  background: new Float64Array(6).fill(10),
  blur: 1,
  haze: 0.2,
  illumination: { x: 0, y: 0, corner: 0 },
  density: 1,
  ...fields,
})
const noise = makeNoise(1)
const shoot = (light: Float32Array, by: Optics) =>
  expose(light, size, 1, by, 0, noise, randomStream(1, 'camera test'))

describe('a blurred point', () => {
  it('keeps its light and spreads by the width that is asked for', () => {
    const point = new Float32Array(size * size)
    point[(size / 2) * size + size / 2] = 1
    const seen = blur(point, size, 2.5)
    let total = 0
    let spread = 0
    seen.forEach((value, pixel) => {
      total += value
      spread += value * ((pixel % size) - size / 2) ** 2
    })
    expect(total).toBeCloseTo(1, 5)
    expect(Math.sqrt(spread)).toBeCloseTo(2.5, 1)
  })

  it('lands where it is, not transposed', () => {
    const point = new Float32Array(size * size)
    point[10 * size + 50] = 1
    const seen = blur(point, size, 1.5)
    expect(seen.indexOf(Math.max(...seen))).toBe(10 * size + 50)
  })
})

describe('an exposure', () => {
  it('gives the background where there is no light, and noise around it', () => {
    const { mean, deviation } = moments(shoot(new Float32Array(size * size), optics()))
    expect(mean).toBeCloseTo(10, 1)
    expect(deviation).toBeGreaterThan(0.4)
    expect(deviation).toBeLessThan(1)
  })

  it('multiplies light by the gain, keeps it through blur and haze, and stops at 255', () => {
    const even = new Float32Array(size * size).fill(20)
    const gain = new Float64Array(6).fill(3)
    expect(moments(shoot(even, optics({ gain }))).mean).toBeCloseTo(70, 0)
    const bright = new Float64Array(6).fill(100)
    expect(moments(shoot(even, optics({ gain: bright }))).mean).toBe(255)
  })

  it('is uneven as the illumination says', () => {
    const even = new Float32Array(size * size).fill(100)
    const seen = shoot(even, optics({ illumination: { x: 0.3, y: 0, corner: 0 } }))
    const half = (right: boolean) =>
      moments(seen.filter((_, pixel) => pixel % size >= size / 2 === right)).mean
    expect(Math.abs(half(true) - half(false) - 30)).toBeLessThan(2)
  })

  it('loses contrast to haze and to blur', () => {
    const dots = Float32Array.from({ length: size * size }, (_, pixel) =>
      (pixel % size) % 16 < 4 && Math.floor(pixel / size) % 16 < 4 ? 100 : 0,
    )
    const contrast = (by: Partial<Optics>) => moments(shoot(dots, optics(by))).deviation
    expect(contrast({ haze: 0.5 })).toBeLessThan(0.75 * contrast({ haze: 0 }))
    expect(contrast({ blur: 3 })).toBeLessThan(0.8 * contrast({ blur: 0.7 }))
  })
})
