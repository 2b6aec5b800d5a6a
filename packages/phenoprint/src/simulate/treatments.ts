import type { Section } from '../config/config.js'
import { randomStream } from '../random.js'
import { sensitivities, type TraitName, type Traits, traitNames, traitsOf } from './traits.js'

/** No treatment moves a trait by more than this factor either way. */
const greatestShift = Math.log(3)

/** What all cell types share. */
const everyCellType = ''

type Loadings = ReadonlyMap<TraitName, Float64Array>

/** Positive controls are treatments chosen for a clear effect. */
const controlStrength = 1.5

/**
 * Treatments as small latent vectors z ~ N(0, I). The log of a trait t moves by
 *
 *     strength * sensitivity[t] * (sqrt(1 - own) A[t] + sqrt(own) B[t, cellType]) . z
 *
 * with unit vectors A (common to all cell types) and B (each cell type's own, at right angles to A),
 * so that over treatments its standard deviation is strength * sensitivity[t]. Everything is keyed by
 * name: the effect of a treatment does not depend on which others there are.
 */
export class Treatments {
  private readonly loadings = new Map<string, Loadings>()

  constructor(private readonly settings: Section<'simulation'>) {}

  /** Traits of treated cells. `label` null: untreated. */
  apply(untreated: Traits, label: number | null, cellType: string): Traits {
    if (label === null) return untreated
    const { seed, layout, strengths } = this.settings
    const stream = randomStream(seed, 'simulate/treatment', label)
    const latent = Float64Array.from({ length: strengths.latent }, () => stream.normal())
    const common = this.loadingsOf(everyCellType)
    const own = this.loadingsOf(cellType)
    const strength = strengths.treatment * (label < layout.classes ? 1 : controlStrength)
    const shareCommon = Math.sqrt(1 - strengths.treatmentOwn)
    const shareOwn = Math.sqrt(strengths.treatmentOwn)
    return traitsOf((trait) => {
      const direction =
        shareCommon * dot(common.get(trait), latent) + shareOwn * dot(own.get(trait), latent)
      const shift = strength * sensitivities[trait] * direction
      const bounded = Math.max(-greatestShift, Math.min(greatestShift, shift))
      return untreated[trait] * Math.exp(bounded)
    })
  }

  /** A unit vector for each trait. Those of a cell type stand at right angles to the common ones. */
  private loadingsOf(cellType: string): Loadings {
    let loadings = this.loadings.get(cellType)
    if (loadings === undefined) {
      const common = cellType === everyCellType ? null : this.loadingsOf(everyCellType)
      const { seed, strengths } = this.settings
      loadings = new Map(
        traitNames.map((trait) => {
          const stream = randomStream(seed, `simulate/loading/${cellType}/${trait}`)
          const drawn = Float64Array.from({ length: strengths.latent }, () => stream.normal())
          return [trait, unitVector(drawn, common?.get(trait))]
        }),
      )
      this.loadings.set(cellType, loadings)
    }
    return loadings
  }
}

/** The direction of a vector, or of what is left of it at right angles to a unit vector. */
function unitVector(vector: Float64Array, against?: Float64Array): Float64Array {
  const shadow = dot(against, vector)
  const rest = vector.map((value, i) => value - shadow * (against?.[i] ?? 0))
  const norm = Math.sqrt(dot(rest, rest))
  return rest.map((value) => value / norm)
}

function dot(a: Float64Array | undefined, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < b.length; i++) sum += (a?.[i] ?? 0) * (b[i] ?? 0)
  return sum
}
