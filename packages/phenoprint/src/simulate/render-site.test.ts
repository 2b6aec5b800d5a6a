import { describe, expect, it } from 'vitest'
import { randomStream } from '../random.js'
import { drawCells } from './cells.js'
import { simulatedWells } from './layout.js'
import { paint } from './paint.js'
import { SiteRenderer } from './render-site.js'
import { correlation, moments, simulationSettings } from './settings.test.support.js'
import type { Textures } from './stains.js'
import { assignTerritories, nobody } from './territories.js'
import { makeTexture } from './texture.js'
import { cellTypeTraits, type Traits } from './traits.js'

const small = {
  image: { size: 128, pixelSize: 1.3 },
  layout: {
    plates: 1,
    rows: 2,
    columns: 4,
    classes: 4,
    groups: 1,
    controls: { negative: 1, positive: 1 },
  },
  cellTypes: { HUVEC: { train: 2, test: 0 } },
}

describe('a rendered site', () => {
  it('is the same pixels each time, in whatever order sites are drawn', () => {
    const settings = simulationSettings(small)
    const [first, second] = simulatedWells(settings)
    if (first === undefined || second === undefined) throw new Error('no wells')
    const one = new SiteRenderer(settings)
    const other = new SiteRenderer(settings)
    const inOrder = [one.render(first, 1), one.render(second, 2)]
    const reversed = [other.render(second, 2), other.render(first, 1)].reverse()
    expect(inOrder).toEqual(reversed)
    expect(one.render(first, 2)).not.toEqual(inOrder[0])
    const reseeded = new SiteRenderer({ ...settings, seed: 2 })
    expect(reseeded.render(first, 1)).not.toEqual(inOrder[0])
  })

  it('does not change when the screen around it does', () => {
    const settings = simulationSettings(small)
    const more = simulationSettings({
      ...small,
      cellTypes: { HEPG2: { train: 3, test: 1 }, HUVEC: { train: 5, test: 2 } },
    })
    const find = (of: typeof settings) =>
      simulatedWells(of).find((well) => well.experiment === 'HUVEC-02' && well.well === 'C03')
    const [well, same] = [find(settings), find(more)]
    if (well === undefined || same === undefined) throw new Error('no well')
    expect(new SiteRenderer(more).render(same, 1)).toEqual(
      new SiteRenderer(settings).render(well, 1),
    )
  })
})

const size = 256
const pixelSize = 1
const textures: Textures = {
  outline: makeTexture(1, 'outline'),
  grains: makeTexture(1, 'grains'),
  meshes: makeTexture(1, 'meshes'),
  threads: makeTexture(1, 'threads'),
  bundles: makeTexture(1, 'bundles'),
}

function field(traits: Traits, seed = 1) {
  const stream = randomStream(seed, 'field')
  const cells = drawCells(stream, traits, textures.outline, size * pixelSize, traits.density)
  const territories = assignTerritories(
    cells,
    textures.outline,
    traits.irregularity,
    size,
    pixelSize,
  )
  const light = paint(cells, territories, traits, textures, size, pixelSize)
  return { cells, territories, light }
}

const u2os = cellTypeTraits('U2OS', { train: 0, test: 0 }, 1)

describe('cells', () => {
  it('are as many as the density says', () => {
    const width = 256
    const counts = Array.from({ length: 20 }, (_, seed) => {
      const stream = randomStream(seed, 'density')
      const cells = drawCells(stream, u2os, textures.outline, width, u2os.density)
      const inView = cells.filter(
        ({ body }) => Math.min(body.x, body.y) >= 0 && Math.max(body.x, body.y) < width,
      )
      return inView.length / ((width * width) / 1e6)
    })
    expect(moments(counts).mean / u2os.density).toBeGreaterThan(0.9)
    expect(moments(counts).mean / u2os.density).toBeLessThan(1.1)
  })

  it('show each stain where its organelle lies', () => {
    const { cells, territories, light } = field(u2os)
    const [nuclei, reticulum, actin, rna, mitochondria, golgi] = light
    if (!nuclei || !reticulum || !actin || !rna || !mitochondria || !golgi) {
      throw new Error('six stains')
    }
    // Light of a stain averaged over pixels so far from the nucleus (1: its outline) and the border.
    const shown = (plane: Float32Array, where: (nuclear: number, toBorder: number) => boolean) => {
      const values: number[] = []
      plane.forEach((value, pixel) => {
        const cell = cells[territories.owner[pixel] ?? nobody]
        if (cell === undefined || cell.rounded) return
        const x = (pixel % size) + 0.5 - cell.nucleus.x
        const y = Math.floor(pixel / size) + 0.5 - cell.nucleus.y
        const nuclear = Math.hypot(x, y) / Math.sqrt(cell.nucleus.long * cell.nucleus.short)
        const depth = territories.distance[pixel] ?? 0
        if (where(nuclear, (territories.other[pixel] ?? 0) - depth)) values.push(value)
      })
      return moments(values).mean
    }
    const inNucleus = (nuclear: number) => nuclear < 0.7
    const around = (nuclear: number) => nuclear > 1.2 && nuclear < 1.6
    const far = (nuclear: number) => nuclear > 2.2
    const atBorder = (nuclear: number, toBorder: number) => nuclear > 1.5 && toBorder < 0.04
    const midway = (nuclear: number, toBorder: number) => nuclear > 1.5 && toBorder > 0.2
    expect(shown(nuclei, inNucleus)).toBeGreaterThan(10 * shown(nuclei, around))
    expect(shown(reticulum, around)).toBeGreaterThan(1.3 * shown(reticulum, inNucleus))
    expect(shown(reticulum, around)).toBeGreaterThan(1.5 * shown(reticulum, far))
    expect(shown(actin, atBorder)).toBeGreaterThan(1.8 * shown(actin, midway))
    expect(shown(mitochondria, around)).toBeGreaterThan(3 * shown(mitochondria, inNucleus))
    expect(shown(mitochondria, around)).toBeGreaterThan(2 * shown(mitochondria, far))
    const spots = (list: { x: number; y: number }[], plane: Float32Array) =>
      moments(
        list
          .filter(({ x, y }) => Math.min(x, y) >= 0 && Math.max(x, y) < size)
          .map(({ x, y }) => plane[Math.floor(y) * size + Math.floor(x)] ?? 0),
      ).mean
    const whole = cells.filter((cell) => !cell.rounded)
    const nucleoli = whole.flatMap((cell) => [...cell.nucleoli])
    expect(spots(nucleoli, rna)).toBeGreaterThan(1.5 * shown(rna, inNucleus))
    const patches = whole.map((cell) => cell.golgi)
    expect(spots(patches, golgi)).toBeGreaterThan(1.5 * shown(golgi, far))
  })

  it('have as much dye however it is arranged', () => {
    const level = (traits: Traits) => {
      const { territories, light } = field({ ...traits, rounded: 1e-9 })
      const covered = light[2]?.filter((_, pixel) => territories.owner[pixel] !== nobody)
      return moments(covered ?? []).mean
    }
    expect(level(u2os) / u2os.actinBrightness).toBeGreaterThan(0.93)
    expect(level(u2os) / u2os.actinBrightness).toBeLessThan(1.07)
    expect(level({ ...u2os, fibres: 5, cortex: 0.2 }) / level(u2os)).toBeCloseTo(1, 1)
  })

  it('look the more different the more their traits differ', () => {
    const likeness = (fibreSpacing: number) =>
      correlation(field(u2os).light[2] ?? [], field({ ...u2os, fibreSpacing }).light[2] ?? [])
    expect(likeness(u2os.fibreSpacing)).toBeCloseTo(1, 9)
    expect(likeness(2.5 * u2os.fibreSpacing)).toBeLessThan(0.98)
  })
})
