import type { Section } from '../config/config.js'
import { randomStream } from '../random.js'
import { expose, makeNoise } from './camera.js'
import { drawCells } from './cells.js'
import { addDebris } from './debris.js'
import type { SimulatedWell } from './layout.js'
import { siteOptics } from './optics.js'
import { paint } from './paint.js'
import type { Textures } from './stains.js'
import { assignTerritories } from './territories.js'
import { makeTexture } from './texture.js'
import { cellTypeTraits, stainLevels } from './traits.js'
import { Treatments } from './treatments.js'

/** Draws sites of one synthetic screen; a site depends on the settings and its own name alone. */
export class SiteRenderer {
  private readonly treatments: Treatments
  private readonly textures: Textures
  private readonly noise: Float32Array

  constructor(private readonly settings: Section<'simulation'>) {
    const { seed } = settings
    this.treatments = new Treatments(settings)
    this.textures = {
      outline: makeTexture(seed, 'outline'),
      grains: makeTexture(seed, 'grains'),
      meshes: makeTexture(seed, 'meshes'),
      threads: makeTexture(seed, 'threads'),
      bundles: makeTexture(seed, 'bundles'),
    }
    this.noise = makeNoise(seed)
  }

  /**
   * Pixels of a site.
   *
   * @param site From 1.
   * @returns `[channel][y, x]`, 8-bit grey.
   */
  render(well: SimulatedWell, site: number): Uint8Array[] {
    const { seed, image, strengths, cellTypes } = this.settings
    const { size, pixelSize } = image
    const described = cellTypes[well.cellType] ?? { train: 0, test: 0 }
    const untreated = cellTypeTraits(well.cellType, described, strengths.cellType)
    const treatment = well.role === 'negativeControl' ? null : well.label
    const traits = this.treatments.apply(untreated, treatment, well.cellType)
    const optics = siteOptics(this.settings, well, site)

    const name = `${well.experiment}/${well.plate}/${well.well}/${site}`
    const stream = randomStream(seed, `simulate/cells/${name}`)
    const density = traits.density * optics.density
    const cells = drawCells(stream, traits, this.textures.outline, size * pixelSize, density)
    const territories = assignTerritories(
      cells,
      this.textures.outline,
      traits.irregularity,
      size,
      pixelSize,
    )
    const light = paint(cells, territories, traits, this.textures, size, pixelSize)
    addDebris(light, stainLevels(untreated), stream, strengths.debris, size, pixelSize)
    const exposure = randomStream(seed, `simulate/exposure/${name}`)
    return light.map((plane, channel) =>
      expose(plane, size, pixelSize, optics, channel, this.noise, exposure),
    )
  }
}
