import { randomStream } from '../random.js'

/** Texels a side; a power of two, so that the texture repeats by a mask. */
export const textureSize = 256
/** Texels a grain: the lattice of the noise. */
export const texelsPerGrain = 16

const mask = textureSize - 1

/** Smooth random fields of mean 0 and variance 1 that repeat, read at any scale. */
export interface Texture {
  readonly values: Float32Array
}

/** Value of a texture at a place given in grains. */
export function textureAt(texture: Texture, x: number, y: number): number {
  const column = Math.floor(x * texelsPerGrain) & mask
  const row = Math.floor(y * texelsPerGrain) & mask
  return texture.values[row * textureSize + column] ?? 0
}

/** Gradient noise on a lattice that repeats (Perlin 1985, SIGGRAPH 19:287; quintic fade of 2002). */
export function makeTexture(seed: number, name: string): Texture {
  const lattice = textureSize / texelsPerGrain
  const stream = randomStream(seed, `simulate/texture/${name}`)
  const angles = Float64Array.from(
    { length: lattice * lattice },
    () => 2 * Math.PI * stream.uniform(),
  )
  const gradientX = angles.map(Math.cos)
  const gradientY = angles.map(Math.sin)
  const values = new Float32Array(textureSize * textureSize)
  let squares = 0
  for (let row = 0; row < textureSize; row++) {
    const y = row / texelsPerGrain
    const y0 = Math.floor(y)
    const fadeY = fade(y - y0)
    for (let column = 0; column < textureSize; column++) {
      const x = column / texelsPerGrain
      const x0 = Math.floor(x)
      const corner = (dx: number, dy: number) => {
        const at = ((y0 + dy) % lattice) * lattice + ((x0 + dx) % lattice)
        return (gradientX[at] ?? 0) * (x - x0 - dx) + (gradientY[at] ?? 0) * (y - y0 - dy)
      }
      const fadeX = fade(x - x0)
      const top = mix(corner(0, 0), corner(1, 0), fadeX)
      const bottom = mix(corner(0, 1), corner(1, 1), fadeX)
      const value = mix(top, bottom, fadeY)
      values[row * textureSize + column] = value
      squares += value * value
    }
  }
  const scale = 1 / Math.sqrt(squares / values.length)
  return { values: values.map((value) => value * scale) }
}

function fade(t: number): number {
  return t * t * t * (t * (t * 6 - 15) + 10)
}

function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t
}
