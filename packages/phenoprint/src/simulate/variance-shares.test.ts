import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeInto } from '@phenoprint/pixels'
import { describe, expect, it } from 'vitest'
import { dataFolder } from '../screen/tables.test.support.js'
import { channelCount } from './channels.js'
import { simulatedWells } from './layout.js'
import { SiteRenderer } from './render-site.js'
import { moments, simulationSettings } from './settings.test.support.js'

/** Log of (1 + mean grey level) of each channel of a site, and the groups it lies in, outermost first. */
interface Measured {
  readonly levels: readonly number[]
  readonly groups: readonly string[]
}

/**
 * Share of the variance of log channel means that lies between the groups of each level within those
 * of the level above, averaged over channels; the last share is what is left within the innermost.
 */
function varianceShares(sites: readonly Measured[]): number[] {
  const depth = sites[0]?.groups.length ?? 0
  const shares = new Array<number>(depth + 1).fill(0)
  for (let channel = 0; channel < channelCount; channel++) {
    const values = sites.map((site) => site.levels[channel] ?? 0)
    const means = [values.map(() => moments(values).mean)]
    for (let level = 0; level < depth; level++) {
      const sums = new Map<string, { sum: number; count: number }>()
      sites.forEach((site, index) => {
        const key = site.groups.slice(0, level + 1).join('/')
        const entry = sums.get(key) ?? { sum: 0, count: 0 }
        sums.set(key, { sum: entry.sum + (values[index] ?? 0), count: entry.count + 1 })
      })
      means.push(
        sites.map((site) => {
          const entry = sums.get(site.groups.slice(0, level + 1).join('/'))
          return entry === undefined ? 0 : entry.sum / entry.count
        }),
      )
    }
    means.push(values)
    const total = moments(values).deviation ** 2
    for (let level = 0; level <= depth; level++) {
      const [outer = [], inner = []] = [means[level], means[level + 1]]
      const between = inner.map((value, index) => (value - (outer[index] ?? 0)) ** 2)
      shares[level] = (shares[level] ?? 0) + moments(between).mean / total / channelCount
    }
  }
  return shares
}

describe('shares of the variance of channel means', () => {
  it('of a synthetic screen: cell type and experiment far above plate and treatment', () => {
    const settings = simulationSettings({
      image: { size: 96, pixelSize: 1.3 },
      layout: {
        plates: 2,
        rows: 2,
        columns: 4,
        classes: 10,
        groups: 2,
        controls: { negative: 2, positive: 1 },
      },
      cellTypes: Object.fromEntries(
        ['HEPG2', 'HUVEC', 'RPE', 'U2OS'].map((name) => [name, { train: 4, test: 0 }]),
      ),
    })
    const renderer = new SiteRenderer(settings)
    const wells = simulatedWells(settings)
    const sites = wells.map((well) => ({
      well,
      levels: renderer.render(well, 1).map((pixels) => Math.log1p(moments(pixels).mean)),
    }))
    const nested = sites.map(({ well, levels }) => ({
      levels,
      groups: [well.cellType, well.experiment, String(well.plate)],
    }))
    const [cellType = 0, experiment = 0, plate = 0] = varianceShares(nested)
    // Treatment: between the treatments of a cell type, what the plate explains taken away.
    const plateMeans = new Map<string, number[][]>()
    for (const { levels, groups } of nested) {
      const key = groups.join('/')
      plateMeans.set(key, [...(plateMeans.get(key) ?? []), levels])
    }
    const residual = nested.map(({ levels, groups }, index) => {
      const plateLevels = plateMeans.get(groups.join('/')) ?? []
      const centred = levels.map(
        (level, channel) => level - moments(plateLevels.map((of) => of[channel] ?? 0)).mean,
      )
      const { well } = sites[index] ?? { well: undefined }
      return { levels: centred, groups: [well?.cellType ?? '', String(well?.label)] }
    })
    // Means of few wells differ by chance as well: that part is taken off, as in analysis of variance.
    const [, between = 0, rest = 0] = varianceShares(residual)
    const contents = new Set(residual.map(({ groups }) => groups.join('/'))).size
    const chance = (rest * (contents - 4)) / (residual.length - contents)
    const treatment = (between - chance) * (1 - cellType - experiment - plate)
    const shown = { cellType, experiment, plate, treatment }
    console.log(
      'synthetic:',
      JSON.stringify(shown, (_, v) => (typeof v === 'number' ? +v.toFixed(3) : v)),
    )
    expect(cellType).toBeGreaterThan(0.2)
    expect(experiment).toBeGreaterThan(0.2)
    expect(cellType + experiment).toBeGreaterThan(0.75)
    expect(plate).toBeLessThan(0.15)
    expect(treatment).toBeGreaterThan(0.001)
    expect(treatment).toBeLessThan(0.05)
  })

  it.skipIf(!existsSync(join(dataFolder, 'rxrx1')))(
    'of the genuine sample (untreated wells): cell type and experiment far above plate (needs the data folder)',
    async () => {
      const sites: Measured[] = []
      for (const part of ['train', 'test']) {
        const folder = join(dataFolder, 'rxrx1', part)
        for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
          const found = /^(([A-Z0-9]+)-\d+)\/(Plate\d)\/B02_s1_w1\.png$/.exec(path)
          if (found === null) continue
          const [, experiment = '', cellType = '', plate = ''] = found
          const levels: number[] = []
          for (let channel = 1; channel <= channelCount; channel++) {
            const pixels = new Uint8Array(512 * 512)
            const bytes = readFileSync(join(folder, path.replace('_w1', `_w${channel}`)))
            await decodeInto(bytes, [0], pixels)
            levels.push(Math.log1p(moments(pixels).mean))
          }
          sites.push({ levels, groups: [cellType, experiment, plate] })
        }
      }
      expect(sites).toHaveLength(18)
      const [cellType = 0, experiment = 0, plate = 0] = varianceShares(sites)
      console.log('genuine:', [cellType, experiment, plate].map((v) => v.toFixed(3)).join(' '))
      expect(cellType + experiment).toBeGreaterThan(0.75)
      expect(plate).toBeLessThan(0.15)
    },
  )
})
