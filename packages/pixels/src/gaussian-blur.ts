import { mirrored } from './mirrored.js'

/** How far the kernel reaches, in standard deviations. */
const truncate = 4

/**
 * Blurs a plane in place with a Gaussian, rows and columns in turn. Past the edges the plane is
 * mirrored, the outermost value counting twice (`d c b a | a b c d | d c b a`), so its sum stays.
 *
 * The same as `scipy.ndimage.gaussian_filter(plane, sigma)`.
 *
 * @param plane `[y, x]`
 * @param sigma Standard deviation in pixels; 0 changes nothing.
 */
export function gaussianBlur(
  plane: Float32Array,
  height: number,
  width: number,
  sigma: number,
): void {
  const kernel = gaussianKernel(sigma)
  const radius = kernel.length - 1
  if (radius === 0) return
  const line = new Float64Array(Math.max(height, width) + 2 * radius)
  for (let y = 0; y < height; y++) blurLine(plane, y * width, 1, width, kernel, line)
  for (let x = 0; x < width; x++) blurLine(plane, x, width, height, kernel, line)
}

/** Weights at distance 0, 1, ... of a kernel whose sum, both sides counted, is 1. */
function gaussianKernel(sigma: number): Float64Array {
  const radius = Math.floor(truncate * sigma + 0.5)
  const kernel = new Float64Array(radius + 1)
  if (radius === 0) return kernel.fill(1)
  for (let i = 0; i <= radius; i++) kernel[i] = Math.exp(-0.5 * (i / sigma) ** 2)
  const sum = 2 * kernel.reduce((total, weight) => total + weight, 0) - 1
  return kernel.map((weight) => weight / sum)
}

/** Blurs `count` values that lie `step` apart. */
function blurLine(
  plane: Float32Array,
  start: number,
  step: number,
  count: number,
  kernel: Float64Array,
  line: Float64Array,
): void {
  const radius = kernel.length - 1
  for (let i = 0; i < count; i++) line[radius + i] = plane[start + i * step] ?? 0
  for (let i = 1; i <= radius; i++) {
    line[radius - i] = line[radius + mirrored(-i, count)] ?? 0
    line[radius + count - 1 + i] = line[radius + mirrored(count - 1 + i, count)] ?? 0
  }
  const centre = kernel[0] ?? 0
  for (let i = 0; i < count; i++) {
    const at = radius + i
    let sum = centre * (line[at] ?? 0)
    for (let k = 1; k <= radius; k++) {
      sum += (kernel[k] ?? 0) * ((line[at - k] ?? 0) + (line[at + k] ?? 0))
    }
    plane[start + i * step] = sum
  }
}
