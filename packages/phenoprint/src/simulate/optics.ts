import type { Section } from '../config/config.js'
import { type RandomStream, randomStream } from '../random.js'
import { channelCount } from './channels.js'
import type { SimulatedWell } from './layout.js'

/** How a site is lit and seen, and how many cells grew there: everything but the treatment. */
export interface Optics {
  /** Factor on the light of each stain, `[channel]`. */
  readonly gain: Float64Array
  /** Grey levels of the empty background, `[channel]`. */
  readonly background: Float64Array
  /** Standard deviation of the blur, micrometres. */
  readonly blur: number
  /** Share of the light that comes from out of focus. */
  readonly haze: number
  /** Relative change of the light over half the width, height; and its loss at the corners. */
  readonly illumination: { readonly x: number; readonly y: number; readonly corner: number }
  /** Factor on the density of cells. */
  readonly density: number
}

/** What there is without any shift. */
const usual = {
  background: [1, 3, 2.5, 2, 1, 3],
  blur: 0.7,
  corner: 0.12,
  haze: 0.25,
}

/** How far each moves, relative to the standard deviation of log gain at the same level. */
const proportions = { background: 1, blur: 0.6, haze: 1, illumination: 0.3, density: 0.5 }

/** Part of a gain's variance that all channels share: the lamp rather than a dye. */
const sharedGain = 0.4

/** An outlying experiment is so many times as bright or as dark. */
const outlierGain = 4

/**
 * The optics of a site: shifts of its experiment, plate, well position and site, added on the log
 * scale. Each level's numbers are keyed by its name alone.
 */
export function siteOptics(
  settings: Section<'simulation'>,
  well: SimulatedWell,
  site: number,
): Optics {
  const { seed, strengths } = settings
  const total = zeroShift()
  const plate = `${well.experiment}/${well.plate}`
  const stream = randomStream(seed, `simulate/experiment/${well.experiment}`)
  addShift(total, drawShift(stream), strengths.experiment)
  const outlying = stream.uniform() < strengths.outliers
  const brighter = stream.uniform() < 0.5
  if (outlying) addToAll(total.gain, brighter ? Math.log(outlierGain) : -Math.log(outlierGain))
  addShift(total, drawShift(randomStream(seed, `simulate/plate/${plate}`)), strengths.plate)
  const wellName = `${plate}/${well.well}`
  addShift(total, drawShift(randomStream(seed, `simulate/well/${wellName}`)), strengths.position)
  const siteName = `${wellName}/${site}`
  addShift(total, drawShift(randomStream(seed, `simulate/site/${siteName}`)), strengths.site)

  // Edges dry out and cool down, by as much as the experiment's incubation let them.
  const incubation = randomStream(seed, `simulate/position/${well.experiment}`)
  const edge = Math.max(well.row * well.row, well.column * well.column)
  addShift(total, drawShift(incubation), strengths.position * edge)
  addShift(total, drawShift(incubation), strengths.position * well.row * 0.5)
  addShift(total, drawShift(incubation), strengths.position * well.column * 0.5)

  return {
    gain: total.gain.map(Math.exp),
    background: total.background.map((shift, channel) => {
      return (usual.background[channel] ?? 0) * Math.exp(shift)
    }),
    blur: usual.blur * Math.exp(total.blur),
    haze: Math.min(0.6, usual.haze * Math.exp(total.haze)),
    illumination: {
      x: Math.max(-0.4, Math.min(0.4, total.x)),
      y: Math.max(-0.4, Math.min(0.4, total.y)),
      corner: usual.corner * Math.exp(total.corner),
    },
    density: Math.exp(total.density),
  }
}

/** Shifts on the log scale (x and y: as they are). */
interface Shift {
  readonly gain: Float64Array
  readonly background: Float64Array
  blur: number
  haze: number
  x: number
  y: number
  corner: number
  density: number
}

function zeroShift(): Shift {
  const gain = new Float64Array(channelCount)
  const background = new Float64Array(channelCount)
  return { gain, background, blur: 0, haze: 0, x: 0, y: 0, corner: 0, density: 0 }
}

/** A shift of unit strength. */
function drawShift(stream: RandomStream): Shift {
  const shift = zeroShift()
  const lamp = stream.normal() * Math.sqrt(sharedGain)
  for (let channel = 0; channel < channelCount; channel++) {
    shift.gain[channel] = lamp + stream.normal() * Math.sqrt(1 - sharedGain)
    shift.background[channel] = stream.normal() * proportions.background
  }
  shift.blur = stream.normal() * proportions.blur
  shift.haze = stream.normal() * proportions.haze
  shift.x = stream.normal() * proportions.illumination
  shift.y = stream.normal() * proportions.illumination
  shift.corner = stream.normal() * proportions.illumination
  shift.density = stream.normal() * proportions.density
  return shift
}

function addShift(total: Shift, shift: Shift, strength: number): void {
  for (let channel = 0; channel < channelCount; channel++) {
    total.gain[channel] = (total.gain[channel] ?? 0) + strength * (shift.gain[channel] ?? 0)
    total.background[channel] =
      (total.background[channel] ?? 0) + strength * (shift.background[channel] ?? 0)
  }
  total.blur += strength * shift.blur
  total.haze += strength * shift.haze
  total.x += strength * shift.x
  total.y += strength * shift.y
  total.corner += strength * shift.corner
  total.density += strength * shift.density
}

function addToAll(values: Float64Array, amount: number): void {
  for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) + amount
}
