import type { RandomStream } from '../random.js'
import { channelCount } from './channels.js'
import { type Texture, textureAt } from './texture.js'
import type { Traits } from './traits.js'

/** A place and size within a cell, micrometres from the cell's centre. */
export interface Spot {
  readonly x: number
  readonly y: number
  readonly radius: number
}

/** An ellipse, micrometres; `cos` and `sin` turn the image's axes to its own. */
export interface Ellipse {
  readonly x: number
  readonly y: number
  readonly long: number
  readonly short: number
  readonly cos: number
  readonly sin: number
}

/** One cell: where everything in it lies. */
export interface Cell {
  readonly body: Ellipse
  readonly nucleus: Ellipse
  readonly rounded: boolean
  readonly nucleoli: readonly Spot[]
  readonly golgi: Spot
  readonly puncta: readonly Spot[]
  /** Factor on each stain, `[channel]`. */
  readonly brightness: Float64Array
  /** Where its textures start, grains. */
  readonly textureX: number
  readonly textureY: number
}

/** How many places are tried for a cell; the loneliest is taken. */
const candidates = 6

/**
 * Cells of a field of view, drawn so that they keep apart and crowd where a smooth field says.
 *
 * @param width Side of the field, micrometres; cells may lie across its border.
 * @param density Cells a square millimetre.
 */
export function drawCells(
  stream: RandomStream,
  traits: Traits,
  texture: Texture,
  width: number,
  density: number,
): Cell[] {
  const margin = traits.cellDiameter * 0.6
  const side = width + 2 * margin
  const count = stream.poisson((density * side * side) / 1e6)
  const crowdX = stream.uniform() * 100
  const crowdY = stream.uniform() * 100
  const crowd = (x: number, y: number) =>
    Math.exp(traits.clustering * textureAt(texture, crowdX + x / 90, crowdY + y / 90))
  const leaning = Math.PI * stream.uniform()
  const cells: Cell[] = []
  for (let n = 0; n < count; n++) {
    let best = { x: 0, y: 0, room: -1 }
    for (let k = 0; k < candidates; k++) {
      const x = stream.uniform() * side - margin
      const y = stream.uniform() * side - margin
      let nearest = side * side
      for (const { body } of cells) {
        const dx = body.x - x
        const dy = body.y - y
        nearest = Math.min(nearest, dx * dx + dy * dy)
      }
      const room = Math.sqrt(nearest) * crowd(x, y)
      if (room > best.room) best = { x, y, room }
    }
    cells.push(drawCell(stream, traits, best.x, best.y, leaning))
  }
  return cells
}

function drawCell(
  stream: RandomStream,
  traits: Traits,
  x: number,
  y: number,
  leaning: number,
): Cell {
  const rounded = stream.uniform() < traits.rounded
  const size = Math.exp(0.18 * stream.normal())
  const diameter = rounded ? traits.nucleusDiameter * 1.4 : traits.cellDiameter * size
  const angle = leaning + 0.7 * stream.normal()
  const elongation = rounded ? 1.05 : 1 + (traits.elongation - 1) * Math.exp(0.3 * stream.normal())
  const body = ellipse(x, y, diameter, elongation, angle)

  const nucleusSize = Math.exp(0.12 * stream.normal())
  const nucleusDiameter = traits.nucleusDiameter * (rounded ? 0.7 : nucleusSize)
  const offset = (rounded ? 0 : 0.12) * diameter
  const nucleus = ellipse(
    x + offset * stream.normal() * 0.5,
    y + offset * stream.normal() * 0.5,
    nucleusDiameter,
    1 + (traits.nucleusElongation - 1) * Math.exp(0.3 * stream.normal()),
    angle + 0.3 * stream.normal(),
  )

  const nucleoli = Array.from({ length: stream.poisson(traits.nucleoliCount) }, () =>
    spotIn(stream, nucleus, 0.65, (traits.nucleoliDiameter / 2) * Math.exp(0.25 * stream.normal())),
  )
  const direction = 2 * Math.PI * stream.uniform()
  const reach = nucleusDiameter * 0.5 + traits.golgiSpread * 0.8
  const golgi = {
    x: nucleus.x + reach * Math.cos(direction),
    y: nucleus.y + reach * Math.sin(direction),
    radius: traits.golgiSpread * Math.exp(0.2 * stream.normal()),
  }
  const puncta = Array.from({ length: stream.poisson(traits.puncta) }, () =>
    spotIn(stream, body, 0.75, 0.6),
  )
  const lit = rounded ? Math.log(4) + 0.5 * stream.normal() : 0.15 * stream.normal()
  const brightness = Float64Array.from({ length: channelCount }, () =>
    Math.exp(lit + 0.15 * stream.normal()),
  )
  const textureX = stream.uniform() * 100
  const textureY = stream.uniform() * 100
  return { body, nucleus, rounded, nucleoli, golgi, puncta, brightness, textureX, textureY }
}

/** An ellipse of the area of a circle of that diameter. */
function ellipse(
  x: number,
  y: number,
  diameter: number,
  elongation: number,
  angle: number,
): Ellipse {
  const ratio = Math.sqrt(elongation)
  return {
    x,
    y,
    long: (diameter / 2) * ratio,
    short: diameter / 2 / ratio,
    cos: Math.cos(angle),
    sin: Math.sin(angle),
  }
}

/** A spot at random within the inner part of an ellipse. */
function spotIn(stream: RandomStream, within: Ellipse, share: number, radius: number): Spot {
  const distance = share * Math.sqrt(stream.uniform())
  const angle = 2 * Math.PI * stream.uniform()
  const along = within.long * distance * Math.cos(angle)
  const across = within.short * distance * Math.sin(angle)
  return {
    x: within.x + along * within.cos - across * within.sin,
    y: within.y + along * within.sin + across * within.cos,
    radius,
  }
}
