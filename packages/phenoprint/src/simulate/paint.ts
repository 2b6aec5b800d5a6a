import type { Cell, Spot } from './cells.js'
import { channelCount } from './channels.js'
import { bell, type CellPixel, stains, type Textures } from './stains.js'
import { ellipseDistance, nobody, reach, type Territories } from './territories.js'
import { stainLevels, type Traits } from './traits.js'

/** Width of the actin cortex and of membranes seen edge on, micrometres. */
const borderWidth = 1.2

/** Channels that spots are painted into. */
const rnaChannel = 3
const golgiChannel = 5

/**
 * Light of each stain in grey levels, `[channel][y, x]`, before the microscope.
 *
 * A cell has so much of each dye, however it is arranged: every stain is scaled so that its mean over
 * the cells is the brightness of the traits. Structure alone moves the mean of no channel.
 */
export function paint(
  cells: readonly Cell[],
  territories: Territories,
  traits: Traits,
  textures: Textures,
  size: number,
  pixelSize: number,
): Float32Array[] {
  const planes = Array.from({ length: channelCount }, () => new Float32Array(size * size))
  const dye = new Float64Array(channelCount)
  let area = 0
  forEachCellPixel(cells, territories, size, pixelSize, (at, pixel) => {
    area++
    for (let channel = 0; channel < channelCount; channel++) {
      const light = stains[channel]?.(at, traits, textures) ?? 0
      dye[channel] = (dye[channel] ?? 0) + light
      const plane = planes[channel]
      if (plane) plane[pixel] = light * (at.cell.brightness[channel] ?? 1)
    }
  })
  cells.forEach((cell, index) => {
    for (const [channel, spots, light] of [
      [rnaChannel, cell.nucleoli, 1],
      [golgiChannel, cell.puncta, 1.5],
    ] as const) {
      const plane = planes[channel]
      const brightness = light * (cell.brightness[channel] ?? 1)
      for (const spot of spots) {
        forEachSpotPixel(spot, size, pixelSize, (pixel, share) => {
          if (!plane || territories.owner[pixel] !== index) return
          plane[pixel] = (plane[pixel] ?? 0) + brightness * share
          dye[channel] = (dye[channel] ?? 0) + light * share
        })
      }
    }
  })
  const levels = stainLevels(traits)
  return planes.map((plane, channel) => {
    const scale = ((levels[channel] ?? 0) * area) / Math.max(1e-9, dye[channel] ?? 0)
    return plane.map((light) => light * scale)
  })
}

/** Visits the pixels that belong to a cell. The object handed over is filled anew for each. */
function forEachCellPixel(
  cells: readonly Cell[],
  territories: Territories,
  size: number,
  pixelSize: number,
  visit: (at: CellPixel, pixel: number) => void,
): void {
  const [first] = cells
  if (first === undefined) return
  const at: CellPixel = {
    cell: first,
    x: 0,
    y: 0,
    depth: 0,
    covered: 0,
    inNucleus: 0,
    fromNucleus: 0,
    border: 0,
  }
  for (let pixel = 0; pixel < size * size; pixel++) {
    const cell = cells[territories.owner[pixel] ?? nobody]
    if (cell === undefined) continue
    at.cell = cell
    at.x = ((pixel % size) + 0.5) * pixelSize
    at.y = (Math.floor(pixel / size) + 0.5) * pixelSize
    at.depth = territories.distance[pixel] ?? reach
    at.covered = step(reach, reach - 0.15, at.depth)
    const nuclear = ellipseDistance(cell.nucleus, at.x, at.y)
    at.inNucleus = step(1.08, 0.92, nuclear)
    at.fromNucleus = Math.max(0, (nuclear - 1) * cell.nucleus.short)
    const toOther = Math.max(0, (territories.other[pixel] ?? reach) - at.depth)
    at.border = bell((0.5 * toOther * cell.body.short) / borderWidth)
    visit(at, pixel)
  }
}

/** Visits the pixels of a round spot with soft borders; `share` is its light there, 1 in the middle. */
function forEachSpotPixel(
  spot: Spot,
  size: number,
  pixelSize: number,
  visit: (pixel: number, share: number) => void,
): void {
  const far = spot.radius * 2
  const left = Math.max(0, Math.floor((spot.x - far) / pixelSize))
  const right = Math.min(size - 1, Math.ceil((spot.x + far) / pixelSize))
  const top = Math.max(0, Math.floor((spot.y - far) / pixelSize))
  const bottom = Math.min(size - 1, Math.ceil((spot.y + far) / pixelSize))
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const x = (column + 0.5) * pixelSize - spot.x
      const y = (row + 0.5) * pixelSize - spot.y
      visit(row * size + column, bell(Math.hypot(x, y) / spot.radius))
    }
  }
}

/** 0 at `from`, 1 at `to`, smooth between (either way round). */
function step(from: number, to: number, value: number): number {
  const t = Math.max(0, Math.min(1, (value - from) / (to - from)))
  return t * t * (3 - 2 * t)
}
