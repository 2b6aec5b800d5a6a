import type { Cell, Ellipse } from './cells.js'
import { type Texture, textureAt } from './texture.js'

/** No cell. */
export const nobody = -1

/** Beyond this distance (1 is the outline) a cell does not reach. */
export const reach = 1.2

/** Which cell each pixel of a field belongs to, and how deep it lies in it. */
export interface Territories {
  /** Index of the cell, or `nobody`. */
  readonly owner: Int16Array
  /** Distance from the owner's centre: 0 there, 1 at its outline. */
  readonly distance: Float32Array
  /** The same for the nearest other cell, at most `reach`. */
  readonly other: Float32Array
}

/** Distance in an ellipse from its centre, 1 at the outline; `x` and `y` in micrometres. */
export function ellipseDistance(ellipse: Ellipse, x: number, y: number): number {
  const dx = x - ellipse.x
  const dy = y - ellipse.y
  const along = (dx * ellipse.cos + dy * ellipse.sin) / ellipse.long
  const across = (dy * ellipse.cos - dx * ellipse.sin) / ellipse.short
  return Math.sqrt(along * along + across * across)
}

/**
 * Gives each pixel to the cell it lies deepest in. Outlines are roughened; where cells meet they
 * share a border. A pixel within a nucleus belongs to that cell before all others.
 *
 * @param roughness Of the outline, as a share of the radius.
 */
export function assignTerritories(
  cells: readonly Cell[],
  texture: Texture,
  roughness: number,
  size: number,
  pixelSize: number,
): Territories {
  const owner = new Int16Array(size * size).fill(nobody)
  const distance = new Float32Array(size * size).fill(reach)
  const other = new Float32Array(size * size).fill(reach)
  cells.forEach((cell, index) => {
    const { body, nucleus } = cell
    const far = (body.long * reach) / Math.max(0.5, 1 - 2 * roughness)
    const left = Math.max(0, Math.floor((body.x - far) / pixelSize))
    const right = Math.min(size - 1, Math.ceil((body.x + far) / pixelSize))
    const top = Math.max(0, Math.floor((body.y - far) / pixelSize))
    const bottom = Math.min(size - 1, Math.ceil((body.y + far) / pixelSize))
    const grain = Math.max(4, body.short * 0.7)
    for (let row = top; row <= bottom; row++) {
      const y = (row + 0.5) * pixelSize
      for (let column = left; column <= right; column++) {
        const x = (column + 0.5) * pixelSize
        const rough = textureAt(texture, cell.textureX + x / grain, cell.textureY + y / grain)
        let deep = ellipseDistance(body, x, y) * (1 + roughness * rough)
        if (deep > reach) continue
        const inNucleus = ellipseDistance(nucleus, x, y)
        if (inNucleus < 1.1) deep = Math.min(deep, 0.2 * inNucleus)
        const pixel = row * size + column
        const nearest = distance[pixel] ?? reach
        if (deep < nearest) {
          other[pixel] = nearest
          distance[pixel] = deep
          owner[pixel] = index
        } else if (deep < (other[pixel] ?? reach)) {
          other[pixel] = deep
        }
      }
    }
  })
  return { owner, distance, other }
}
