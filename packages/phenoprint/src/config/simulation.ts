import { z } from 'zod'

/**
 * Settings of the synthetic screen. The defaults are the layout of RxRx1 and shares of variance like
 * those of its genuine images; `docs/guide/simulate.md` says what is known of them.
 */
const positiveInteger = z.int().positive()
const share = z.number().min(0).max(1)
const strength = z.number().nonnegative().max(2)
const trait = (meaning: string) => z.number().positive().optional().describe(meaning)

const image = z
  .strictObject({
    size: z.int().min(64).max(1024).default(512).describe('Height and width in pixels'),
    pixelSize: z.number().positive().default(0.65).describe('Micrometres a pixel'),
  })
  .prefault({})
  .describe('The camera')

const controls = z
  .strictObject({
    negative: positiveInteger.default(1).describe('Untreated wells a plate; the first is B02'),
    positive: z
      .int()
      .nonnegative()
      .default(30)
      .describe('Wells a plate with a treatment of known effect, each a class of its own'),
  })
  .prefault({})
  .describe('Control wells of every plate')

const layout = z
  .strictObject({
    plates: positiveInteger.default(4).describe('Plates an experiment: a multiple of groups'),
    rows: z.int().min(1).max(14).default(14).describe('Rows of wells in use, from B'),
    columns: z.int().min(1).max(22).default(22).describe('Columns of wells in use, from 02'),
    sites: positiveInteger.default(2).describe('Fields of view a well'),
    classes: positiveInteger.default(1108).describe('Treatments: a multiple of groups'),
    groups: positiveInteger
      .default(4)
      .describe('Sets of treatments that share a plate; each plate holds one set'),
    rotated: share
      .default(0.4)
      .describe('Share of experiments whose plates hold the groups in another order (rotated)'),
    controls,
  })
  .prefault({})
  .describe('Which wells there are, and what they hold')

const cellType = z.strictObject({
  train: z.int().nonnegative().describe('Experiments to train on'),
  test: z.int().nonnegative().describe('Experiments to predict, numbered after those'),
  density: trait('Cells a square millimetre'),
  cellDiameter: trait('Diameter of a cell, micrometres'),
  elongation: trait('Long over short axis of a cell'),
  irregularity: trait('Roughness of the outline, as a share of the radius'),
  clustering: trait('How much denser the dense places are: standard deviation of log density'),
  rounded: trait('Share of cells that are round and bright: dividing or dying'),
  nucleusDiameter: trait('Diameter of a nucleus, micrometres'),
  nucleusElongation: trait('Long over short axis of a nucleus'),
  chromatin: trait('Contrast of chromatin within a nucleus'),
  chromatinGrain: trait('Size of chromatin clumps, micrometres'),
  reticulumSpread: trait('How far the endoplasmic reticulum reaches: share of the cell radius'),
  reticulumTexture: trait('Contrast of its meshes'),
  reticulumGrain: trait('Size of its meshes, micrometres'),
  cortex: trait('Actin at the cell border, relative to the rest'),
  fibres: trait('Actin in stress fibres, relative to the rest'),
  fibreSpacing: trait('Distance of stress fibres, micrometres'),
  nucleoliCount: trait('Nucleoli a nucleus'),
  nucleoliDiameter: trait('Diameter of a nucleolus, micrometres'),
  cytoplasmRna: trait('RNA of the cytoplasm, relative to a nucleolus'),
  mitochondriaSpread: trait('How far mitochondria reach from the nucleus, micrometres'),
  mitochondriaTexture: trait('Contrast of single mitochondria'),
  mitochondriaGrain: trait('Distance of mitochondria, micrometres'),
  golgiSpread: trait('Size of the Golgi apparatus, micrometres'),
  golgiContrast: trait('Brightness of the Golgi apparatus, relative to membranes'),
  puncta: trait('Bright vesicles a cell'),
  nucleiBrightness: trait('Grey levels of the nuclear stain, mean over the cells'),
  reticulumBrightness: trait('Grey levels of the reticulum stain, mean over the cells'),
  actinBrightness: trait('Grey levels of the actin stain, mean over the cells'),
  nucleoliBrightness: trait('Grey levels of the RNA stain, mean over the cells'),
  mitochondriaBrightness: trait('Grey levels of the mitochondria stain, mean over the cells'),
  golgiBrightness: trait('Grey levels of the Golgi and membrane stain, mean over the cells'),
})

const strengths = z
  .strictObject({
    treatment: strength
      .default(0.25)
      .describe('Standard deviation of the log of a trait over treatments'),
    treatmentOwn: share
      .default(0.3)
      .describe("Share of a treatment's variance that is each cell type's own"),
    latent: z
      .int()
      .min(2)
      .default(8)
      .describe('Length of the vector that makes up a treatment; each number moves several traits'),
    cellType: strength
      .default(1)
      .describe('0: all cell types alike; 1: as described; more: further apart'),
    experiment: strength
      .default(0.3)
      .describe('Standard deviation of log gain over the experiments of a cell type'),
    outliers: share
      .default(0.08)
      .describe('Share of experiments whose gain is four times as high or low'),
    plate: strength.default(0.12).describe('Standard deviation of log gain over plates'),
    position: strength
      .default(0.08)
      .describe(
        'Standard deviation of log gain over wells; at the edge of the plate up to half as much again',
      ),
    site: strength.default(0.05).describe('Standard deviation of log gain over sites'),
    debris: z
      .number()
      .nonnegative()
      .max(1000)
      .default(60)
      .describe('Bright remains of dead cells a square millimetre'),
  })
  .prefault({})
  .describe(
    'What moves a picture. Background, blur, haze, illumination and density vary too, independently, in fixed proportion to the strength of gain at that level',
  )

export const simulation = z
  .strictObject({
    folder: z.string().min(1).describe('Folder to write: images and CSVs in the RxRx1 layout'),
    seed: z.int().nonnegative().default(1).describe('Seed of every pixel'),
    image,
    layout,
    cellTypes: z
      .record(z.string().regex(/^[A-Za-z0-9]+$/, 'expected letters and digits'), cellType)
      .default({
        HEPG2: { train: 7, test: 4 },
        HUVEC: { train: 16, test: 8 },
        RPE: { train: 7, test: 4 },
        U2OS: { train: 3, test: 2 },
      })
      .describe(
        'Experiments of each cell type, and what its cells look like. HEPG2, HUVEC, RPE and U2OS are known; others are their average where nothing is said',
      ),
    strengths,
    threads: positiveInteger.max(4096).optional().describe('Render threads; without it, all cores'),
  })
  .describe('The synthetic screen')
