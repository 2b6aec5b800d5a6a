import type { Section } from '../config/config.js'

type CellTypeSection = Section<'simulation'>['cellTypes'][string]

/** Something about a cell that a cell type has and a treatment moves. Units: the configuration. */
export type TraitName = Exclude<keyof CellTypeSection, 'train' | 'test'>
export type Traits = Readonly<Record<TraitName, number>>

/**
 * How far a treatment moves a trait, relative to `strengths.treatment`. Most move in shape and
 * texture; brightness and density move little, so that they alone tell treatments badly apart.
 */
export const sensitivities: Traits = {
  density: 0.4,
  cellDiameter: 0.4,
  elongation: 0.8,
  irregularity: 1,
  clustering: 0.5,
  rounded: 1,
  nucleusDiameter: 0.3,
  nucleusElongation: 0.8,
  chromatin: 0.6,
  chromatinGrain: 1.2,
  reticulumSpread: 0.6,
  reticulumTexture: 0.4,
  reticulumGrain: 1.5,
  cortex: 0.8,
  fibres: 0.8,
  fibreSpacing: 1.5,
  nucleoliCount: 1,
  nucleoliDiameter: 0.5,
  cytoplasmRna: 0.4,
  mitochondriaSpread: 0.8,
  mitochondriaTexture: 0.3,
  mitochondriaGrain: 1.5,
  golgiSpread: 1,
  golgiContrast: 0.6,
  puncta: 1.5,
  nucleiBrightness: 0.15,
  reticulumBrightness: 0.15,
  actinBrightness: 0.15,
  nucleoliBrightness: 0.15,
  mitochondriaBrightness: 0.15,
  golgiBrightness: 0.15,
}

const huvec: Traits = {
  density: 1000,
  cellDiameter: 41,
  elongation: 1.5,
  irregularity: 0.15,
  clustering: 0.25,
  rounded: 0.02,
  nucleusDiameter: 13,
  nucleusElongation: 1.45,
  chromatin: 0.25,
  chromatinGrain: 2.2,
  reticulumSpread: 0.55,
  reticulumTexture: 0.7,
  reticulumGrain: 3,
  cortex: 0.6,
  fibres: 1.2,
  fibreSpacing: 3.5,
  nucleoliCount: 2.5,
  nucleoliDiameter: 2.2,
  cytoplasmRna: 0.6,
  mitochondriaSpread: 7,
  mitochondriaTexture: 0.8,
  mitochondriaGrain: 4,
  golgiSpread: 3.5,
  golgiContrast: 1,
  puncta: 3,
  nucleiBrightness: 4,
  reticulumBrightness: 17,
  actinBrightness: 8.5,
  nucleoliBrightness: 10,
  mitochondriaBrightness: 1.6,
  golgiBrightness: 12,
}

/** The four cell types of RxRx1, by eye and by the grey levels of their untreated wells. */
const described: Readonly<Record<string, Traits>> = {
  HUVEC: huvec,
  HEPG2: {
    ...huvec,
    density: 1900,
    cellDiameter: 29,
    elongation: 1.2,
    irregularity: 0.1,
    clustering: 0.35,
    rounded: 0.03,
    nucleusDiameter: 11.5,
    nucleusElongation: 1.2,
    chromatin: 0.2,
    reticulumSpread: 0.8,
    reticulumTexture: 0.4,
    cortex: 1.2,
    fibres: 0.2,
    nucleoliCount: 2,
    cytoplasmRna: 1,
    mitochondriaSpread: 6,
    mitochondriaTexture: 0.5,
    mitochondriaGrain: 3,
    golgiSpread: 2.5,
    golgiContrast: 0.6,
    puncta: 1.5,
    nucleiBrightness: 5,
    reticulumBrightness: 18,
    actinBrightness: 14,
    nucleoliBrightness: 14,
    mitochondriaBrightness: 13,
    golgiBrightness: 12,
  },
  RPE: {
    ...huvec,
    density: 720,
    cellDiameter: 46,
    elongation: 1.7,
    irregularity: 0.2,
    clustering: 0.3,
    rounded: 0.015,
    nucleusDiameter: 14,
    nucleusElongation: 1.6,
    chromatin: 0.35,
    reticulumSpread: 0.7,
    cortex: 0.4,
    fibres: 2,
    fibreSpacing: 4,
    nucleoliCount: 1.8,
    nucleoliDiameter: 2.6,
    mitochondriaSpread: 9,
    mitochondriaTexture: 1,
    mitochondriaGrain: 5,
    golgiSpread: 5,
    golgiContrast: 0.8,
    puncta: 2,
    nucleiBrightness: 4.5,
    reticulumBrightness: 11,
    actinBrightness: 16,
    nucleoliBrightness: 9,
    mitochondriaBrightness: 4.5,
    golgiBrightness: 14,
  },
  U2OS: {
    ...huvec,
    density: 950,
    cellDiameter: 40,
    elongation: 1.25,
    irregularity: 0.12,
    clustering: 0.25,
    rounded: 0.04,
    nucleusDiameter: 14,
    nucleusElongation: 1.25,
    chromatin: 0.15,
    chromatinGrain: 1.8,
    reticulumSpread: 0.65,
    reticulumTexture: 0.5,
    cortex: 1.5,
    fibres: 0.6,
    fibreSpacing: 5,
    nucleoliCount: 5,
    nucleoliDiameter: 1.6,
    cytoplasmRna: 0.5,
    mitochondriaSpread: 4,
    mitochondriaTexture: 0.9,
    mitochondriaGrain: 3.5,
    golgiSpread: 4.5,
    golgiContrast: 1.6,
    puncta: 8,
    nucleiBrightness: 9,
    reticulumBrightness: 11,
    actinBrightness: 9.5,
    nucleoliBrightness: 8,
    mitochondriaBrightness: 2,
    golgiBrightness: 14,
  },
}

/** Mean grey levels of each stain over the cells, `[channel]`. */
export function stainLevels(traits: Traits): number[] {
  return [
    traits.nucleiBrightness,
    traits.reticulumBrightness,
    traits.actinBrightness,
    traits.nucleoliBrightness,
    traits.mitochondriaBrightness,
    traits.golgiBrightness,
  ]
}

export const traitNames: readonly TraitName[] = Object.keys(sensitivities).filter(isTrait)

function isTrait(name: string): name is TraitName {
  return name in sensitivities
}

/** A trait for every name. */
export function traitsOf(value: (name: TraitName) => number): Traits {
  const traits: Record<TraitName, number> = { ...sensitivities }
  for (const name of traitNames) traits[name] = value(name)
  return traits
}

/** What cells are like on average over the cell types that are described (geometric mean). */
const average = traitsOf((name) => {
  const all = Object.values(described)
  return Math.exp(all.reduce((sum, traits) => sum + Math.log(traits[name]), 0) / all.length)
})

/**
 * The untreated cells of a cell type.
 *
 * @param strength 0: the average of all; 1: as described; in between and beyond, on the log scale.
 */
export function cellTypeTraits(name: string, section: CellTypeSection, strength: number): Traits {
  const own = described[name] ?? average
  return traitsOf((trait) => {
    const value = section[trait] ?? own[trait]
    return average[trait] * Math.exp(strength * Math.log(value / average[trait]))
  })
}
