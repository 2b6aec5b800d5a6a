import { describe, expect, it } from 'vitest'
import { gatherSites } from './gather-sites.js'
import { inferNaming } from './infer-naming.js'

/** All combinations, put together by a function. */
function paths(
  make: (plate: string, well: string, site: number, channel: number) => string,
  plates: readonly string[] = ['P1', 'P2'],
): string[] {
  return plates.flatMap((plate) =>
    ['B02', 'B03', 'C02'].flatMap((well) =>
      [1, 2].flatMap((site) => [1, 2, 3].map((channel) => make(plate, well, site, channel))),
    ),
  )
}

const stains = ['', 'DAPI', 'GFP', 'Cy5']
const rowColumn = (well: string) => [well.charCodeAt(0) - 64, Number(well.slice(1))] as const
const padded = (n: number) => String(n).padStart(2, '0')

describe('what varies in names', () => {
  it.each([
    [
      'Plate{plate}/{well}_s{site}_w{channel}.png',
      paths((p, w, s, c) => `Plate${p.slice(1)}/${w}_s${s}_w${c}.png`),
    ],
    [
      '{plate}/{well}-{site}-{channel}.tif',
      paths((p, w, s, c) => `${p}/${w}-${s}-${stains[c]}.tif`),
    ],
    [
      '{plate}_{well}_{site}_{channel}.tif',
      paths((p, w, s, c) => `run_A/bar-${p}_${w}_${s}_${c}.tif`),
      'run_A/bar-',
    ],
    [
      '{experiment}/Plate{plate}/{well}_s{site}_w{channel}.png',
      paths(
        (p, w, s, c) =>
          `${p === 'P1' ? 'HUVEC-01' : 'U2OS-03'}/Plate${p.slice(1)}/${w}_s${s}_w${c}.png`,
      ),
    ],
    [
      '{part}/{experiment}/Plate{plate}/{well}_s{site}_w{channel}.png',
      paths(
        (p, w, s, c) =>
          `${p === 'P1' ? 'train/RPE-01' : 'test/RPE-02'}/Plate${p.slice(1)}/${w}_s${s}_w${c}.png`,
      ),
    ],
    [
      '{plate}/{well}/{channel}/field{site}.png',
      paths((p, w, s, c) => `${p}/${w}/${stains[c]}/field${s}.png`),
    ],
    ['{plate}/{well}f{site}d{channel}.png', paths((p, w, s, c) => `${p}/${w}f0${s}d${c}.png`)],
    [
      '{plate}/well_{well}_{site}_{channel}.png',
      paths((p, w, s, c) => `${p}/well_${w}_${s}_${c}.png`),
    ],
    [
      '{plate}/r{row}c{column}f{site}-ch{channel}.png',
      paths((p, w, s, c) => {
        const [r, k] = rowColumn(w)
        return `${p}/r${padded(r)}c${padded(k)}f${s}-ch${c}.png`
      }),
    ],
    [
      '{channel}/{plate}-{well}-{site}.png',
      paths((p, w, s, c) => `${stains[c]}/${p}-${w}-${s}.png`),
    ],
  ])('%s', (pattern, images, before = '') => {
    const naming = inferNaming(images)
    expect(naming).not.toBeNull()
    if (naming === null) return
    const found = gatherSites(images, naming)
    expect(found.pattern).toBe(before + pattern)
    expect(found.channels).toHaveLength(3)
    expect(found.sites).toHaveLength(12)
    expect(new Set(found.sites.map(({ well }) => well))).toEqual(new Set(['B02', 'B03', 'C02']))
    expect(new Set(found.sites.map(({ plate }) => plate)).size).toBe(2)
    expect(found.sites.flatMap((site) => site.images).sort()).toEqual([...images].sort())
    expect(found.notes).toEqual([])
  })

  it('takes the middle of focal planes and the first of times, and says so', () => {
    const images = [1, 2, 3].flatMap((z) =>
      [0, 1].flatMap((t) => ['B02', 'C03'].map((well) => `P/${well}_z${z}_t${t}.png`)),
    )
    const naming = inferNaming(images)
    const found = naming === null ? null : gatherSites(images, naming)
    expect(found?.sites.flatMap((site) => site.images)).toEqual([
      'P/B02_z2_t0.png',
      'P/C03_z2_t0.png',
    ])
    expect(found?.pattern).toBe('P/{well}_z2_t0.png')
    expect(found?.notes).toEqual([
      '3 focal planes: 2 is taken, the others are left out',
      '2 times: 0 is taken, the others are left out',
    ])
  })

  it('leaves out what is named otherwise, and says what', () => {
    const images = [...paths((p, w, s, c) => `${p}/${w}_s${s}_w${c}.png`), 'P1/overview.png']
    const naming = inferNaming(images)
    const found = naming === null ? null : gatherSites(images, naming)
    expect(found?.sites).toHaveLength(12)
    expect(found?.notes).toEqual(['1 image named otherwise and left out, such as P1/overview.png'])
  })

  it('knows nothing where no word is a well', () => {
    expect(inferNaming(['cats/001.png', 'cats/002.png', 'dogs/001.png'])).toBeNull()
  })
})
