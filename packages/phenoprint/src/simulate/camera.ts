import { type RandomStream, randomStream } from '../random.js'
import type { Optics } from './optics.js'

/** Electrons are counted, so noise grows with light; grey levels squared a grey level, and always. */
const shotNoise = 0.12
const readNoise = 0.35

/** How far light from out of focus strays, micrometres. */
const hazeWidth = 10

/** Normal deviates, 2^16 of them; noise of a row starts at a random one. */
export function makeNoise(seed: number): Float32Array {
  const stream = randomStream(seed, 'simulate/noise')
  return Float32Array.from({ length: 65_536 }, () => stream.normal())
}

/**
 * What the camera makes of the light: blur, haze, uneven illumination, gain, background, noise, and whole
 * grey levels from 0 to 255.
 *
 * @param light Grey levels, `[y, x]`.
 */
export function expose(
  light: Float32Array,
  size: number,
  pixelSize: number,
  optics: Optics,
  channel: number,
  noise: Float32Array,
  stream: RandomStream,
): Uint8Array {
  const sharp = blur(light, size, optics.blur / pixelSize)
  const hazy = haze(light, size, hazeWidth / pixelSize)
  const gain = optics.gain[channel] ?? 1
  const background = optics.background[channel] ?? 0
  const { x: slopeX, y: slopeY, corner } = optics.illumination
  const pixels = new Uint8Array(size * size)
  for (let row = 0; row < size; row++) {
    const y = (2 * (row + 0.5)) / size - 1
    const start = stream.word()
    for (let column = 0; column < size; column++) {
      const x = (2 * (column + 0.5)) / size - 1
      const lit = 1 + slopeX * x + slopeY * y - 0.5 * corner * (x * x + y * y)
      const pixel = row * size + column
      const focused = sharp[pixel] ?? 0
      const arriving = focused + optics.haze * ((hazy[pixel] ?? 0) - focused)
      const seen = background + gain * lit * arriving
      const deviate = noise[(start + column * 40_503) & 65_535] ?? 0
      const value = seen + deviate * Math.sqrt(readNoise * readNoise + shotNoise * shotNoise * seen)
      pixels[pixel] = Math.max(0, Math.min(255, Math.round(value)))
    }
  }
  return pixels
}

/** Gaussian blur of many pixels' width, worked out on a coarser grid; `sigma` in pixels. */
function haze(plane: Float32Array, size: number, sigma: number): Float32Array {
  const factor = Math.max(1, Math.floor(sigma / 2))
  const coarse = Math.ceil(size / factor)
  const sums = new Float32Array(coarse * coarse)
  const counts = new Float32Array(coarse * coarse)
  for (let row = 0; row < size; row++) {
    const from = Math.floor(row / factor) * coarse
    for (let column = 0; column < size; column++) {
      const at = from + Math.floor(column / factor)
      sums[at] = (sums[at] ?? 0) + (plane[row * size + column] ?? 0)
      counts[at] = (counts[at] ?? 0) + 1
    }
  }
  const means = sums.map((sum, at) => sum / (counts[at] ?? 1))
  const smooth = blur(means, coarse, sigma / factor)
  return enlarge(smooth, coarse, size, factor)
}

/** A coarse grid read between its points (bilinear), edges repeated. */
function enlarge(grid: Float32Array, coarse: number, size: number, factor: number): Float32Array {
  const out = new Float32Array(size * size)
  const last = coarse - 1
  for (let row = 0; row < size; row++) {
    const y = Math.max(0, Math.min(last, (row + 0.5) / factor - 0.5))
    const top = Math.floor(y)
    const bottom = Math.min(last, top + 1)
    for (let column = 0; column < size; column++) {
      const x = Math.max(0, Math.min(last, (column + 0.5) / factor - 0.5))
      const left = Math.floor(x)
      const right = Math.min(last, left + 1)
      const shareX = x - left
      const upper = at(grid, coarse, top, left, right, shareX)
      const lower = at(grid, coarse, bottom, left, right, shareX)
      out[row * size + column] = upper + (lower - upper) * (y - top)
    }
  }
  return out
}

function at(
  grid: Float32Array,
  width: number,
  row: number,
  left: number,
  right: number,
  share: number,
): number {
  const a = grid[row * width + left] ?? 0
  return a + ((grid[row * width + right] ?? 0) - a) * share
}

/** Gaussian blur, edges repeated; `sigma` in pixels. */
export function blur(plane: Float32Array, size: number, sigma: number): Float32Array {
  const radius = Math.ceil(3 * sigma)
  const kernel = Float32Array.from({ length: 2 * radius + 1 }, (_, k) =>
    Math.exp(-0.5 * ((k - radius) / sigma) ** 2),
  )
  const total = kernel.reduce((sum, weight) => sum + weight, 0)
  const weights = kernel.map((weight) => weight / total)
  return blurRows(blurRows(plane, size, weights, radius), size, weights, radius)
}

/** Blurs along rows and transposes, so that twice is both directions and the right way up. */
function blurRows(
  plane: Float32Array,
  size: number,
  weights: Float32Array,
  radius: number,
): Float32Array {
  const out = new Float32Array(size * size)
  const line = new Float32Array(size + 2 * radius)
  for (let row = 0; row < size; row++) {
    const from = row * size
    for (let k = 0; k < line.length; k++) {
      line[k] = plane[from + Math.max(0, Math.min(size - 1, k - radius))] ?? 0
    }
    for (let column = 0; column < size; column++) {
      let sum = 0
      for (let k = 0; k < weights.length; k++) sum += (weights[k] ?? 0) * (line[column + k] ?? 0)
      out[column * size + row] = sum
    }
  }
  return out
}
