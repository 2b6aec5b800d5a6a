import type { Cell } from './cells.js'
import { type Texture, textureAt } from './texture.js'
import type { Traits } from './traits.js'

/** Textures of the stains; kept apart so that no two look alike. */
export interface Textures {
  readonly outline: Texture
  readonly grains: Texture
  readonly meshes: Texture
  readonly threads: Texture
  readonly bundles: Texture
}

/** A pixel of a cell, with what the stains ask about it. Lengths in micrometres. */
export interface CellPixel {
  cell: Cell
  x: number
  y: number
  /** Distance from the cell's centre, 1 at its outline. */
  depth: number
  /** 1 within the cell, falling to 0 at a free border. */
  covered: number
  /** 1 in the nucleus, 0 outside, smooth between. */
  inNucleus: number
  /** Distance from the nucleus, 0 within. */
  fromNucleus: number
  /** 1 on the border to a neighbour or to nothing, falling to 0 within. */
  border: number
}

/** Relative light of a stain at a pixel of a cell. */
export type Stain = (at: CellPixel, traits: Traits, textures: Textures) => number

/** An even body with clumps of chromatin. */
const nuclei: Stain = (at, traits, textures) => {
  const clumps = 1 + traits.chromatin * grained(textures.grains, at, traits.chromatinGrain)
  return 0.03 * at.covered + at.inNucleus * Math.max(0, clumps)
}

/** Meshes, densest at the nucleus. */
const reticulum: Stain = (at, traits, textures) => {
  const fade = bell(at.depth / traits.reticulumSpread)
  return at.covered * (0.12 + (1 - 0.7 * at.inNucleus) * fade * meshes(at, traits, textures))
}

/** A border where cells meet or end, and bundles along the cell. */
const actin: Stain = (at, traits, textures) => {
  const { body, textureX, textureY } = at.cell
  const along = (at.x - body.x) * body.cos + (at.y - body.y) * body.sin
  const across = (at.y - body.y) * body.cos - (at.x - body.x) * body.sin
  const bundle = thread(
    textureAt(
      textures.bundles,
      textureX + along / (traits.fibreSpacing * 12),
      textureY + across / (traits.fibreSpacing * 2),
    ),
  )
  const fibres = traits.fibres * bundle * bundle * (1 - 0.5 * at.inNucleus)
  return at.covered * (0.45 + traits.cortex * at.border + fibres)
}

/** RNA: a cytoplasm like the reticulum and a paler nucleus; nucleoli are painted as spots. */
const rna: Stain = (at, traits, textures) => {
  const fade = bell(at.depth / (traits.reticulumSpread * 1.3))
  const cytoplasm = (1 - at.inNucleus) * fade * (0.8 + 0.2 * meshes(at, traits, textures))
  return at.covered * (0.1 + traits.cytoplasmRna * cytoplasm + 0.3 * at.inNucleus)
}

/** Broken threads round the nucleus. */
const mitochondria: Stain = (at, traits, textures) => {
  const string = thread(grained(textures.threads, at, traits.mitochondriaGrain * 2))
  const broken = Math.max(0, 1 + 0.8 * grained(textures.grains, at, 5))
  const strung = Math.max(0, 1 + traits.mitochondriaTexture * (2.2 * string * broken - 1))
  const reach = Math.exp(-at.fromNucleus / traits.mitochondriaSpread)
  return at.covered * (0.08 + (1 - at.inNucleus) * strung * reach)
}

/** Ribbons in a patch beside the nucleus, on membranes and a nuclear haze; vesicles are spots. */
const golgi: Stain = (at, traits, textures) => {
  const { x, y, radius } = at.cell.golgi
  const distance = Math.hypot(at.x - x, at.y - y) / radius
  const patch = Math.exp(-0.5 * distance * distance) * (1 - at.inNucleus)
  const ribbons = patch * (0.4 + 1.6 * thread(grained(textures.meshes, at, 3.5)))
  const membranes = 0.35 + 0.25 * at.border + 0.45 * at.inNucleus
  return at.covered * (membranes + traits.golgiContrast * ribbons)
}

/** In channel order. */
export const stains: readonly Stain[] = [nuclei, reticulum, actin, rna, mitochondria, golgi]

function meshes(at: CellPixel, traits: Traits, textures: Textures): number {
  const mesh = thread(grained(textures.meshes, at, traits.reticulumGrain * 2))
  return Math.max(0, 1 + traits.reticulumTexture * (2 * mesh - 1))
}

/** A texture as a cell shows it, with grains of a size in micrometres. */
function grained(texture: Texture, at: CellPixel, grain: number): number {
  return textureAt(texture, at.cell.textureX + at.x / grain, at.cell.textureY + at.y / grain)
}

/** Thin bright lines where a texture passes zero, 0 to 1. */
function thread(t: number): number {
  return bell(t / 0.35)
}

/** exp(-t^2). */
export function bell(t: number): number {
  return Math.exp(-t * t)
}
