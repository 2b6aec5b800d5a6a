import type { RandomStream } from '../random.js'
import { bell } from './stains.js'

/** Median light of a piece relative to the dye of the cells, and the spread of its logarithm. */
const medianLight = 5
const lightSpread = 0.7
/** How much of that spread each stain has to itself. */
const ownSpread = 0.4

/**
 * Adds the bright, blurred remains of dead cells that float above the others, as every genuine well
 * shows some. They take all dyes up and tell nothing of the treatment.
 *
 * @param planes `[channel][y, x]`, changed.
 * @param levels Mean light of each stain over the cells, `[channel]`.
 * @param density Pieces a square millimetre.
 */
export function addDebris(
  planes: readonly Float32Array[],
  levels: readonly number[],
  stream: RandomStream,
  density: number,
  size: number,
  pixelSize: number,
): void {
  const width = size * pixelSize
  const count = stream.poisson((density * width * width) / 1e6)
  for (let piece = 0; piece < count; piece++) {
    const x = stream.uniform() * width
    const y = stream.uniform() * width
    const radius = 2.5 * Math.exp(0.4 * stream.normal())
    const light = medianLight * Math.exp(lightSpread * stream.normal())
    planes.forEach((plane, channel) => {
      const own = light * (levels[channel] ?? 0) * Math.exp(ownSpread * stream.normal())
      addBlob(plane, x, y, radius, own, size, pixelSize)
    })
  }
}

function addBlob(
  plane: Float32Array,
  x: number,
  y: number,
  radius: number,
  light: number,
  size: number,
  pixelSize: number,
): void {
  const far = 2.2 * radius
  const left = Math.max(0, Math.floor((x - far) / pixelSize))
  const right = Math.min(size - 1, Math.ceil((x + far) / pixelSize))
  const top = Math.max(0, Math.floor((y - far) / pixelSize))
  const bottom = Math.min(size - 1, Math.ceil((y + far) / pixelSize))
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const dx = (column + 0.5) * pixelSize - x
      const dy = (row + 0.5) * pixelSize - y
      const pixel = row * size + column
      plane[pixel] = (plane[pixel] ?? 0) + light * bell(Math.sqrt(dx * dx + dy * dy) / radius)
    }
  }
}
