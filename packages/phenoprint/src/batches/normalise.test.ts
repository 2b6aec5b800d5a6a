import { rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Role } from '../screen/screen.js'
import { makeStore } from '../store/make-store.js'
import {
  type MadeScreen,
  order,
  png,
  recorder,
  type SmallScreen,
  smallScreen,
} from '../store/small-screen.test.support.js'
import { Store } from '../store/store.js'
import { removeKeptFolders } from '../testing/kept-folder.js'
import { askNumbers } from '../testing/python.js'
import { BatchLoader } from './batch-loader.js'
import { normaliseSection } from './normalise.test.support.js'
import { predictionSamples } from './samples.js'

afterAll(removeKeptFolders)

/** Corrects, blurs and normalises with numpy and scipy. */
const script = `
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.stats import median_abs_deviation
shape, size, width, s = d['shape'], d['tile'], d['width'], d['section']
images = np.array(d['pixels'], 'f8').reshape(-1, *shape)
plates, experiments, controls = (np.array(d[k]) for k in ('plates', 'experiments', 'controls'))
C, H, W = shape
block = -(-max(H, W) // 64)
rows, columns = -(-H // block), -(-W // block)

def field(plate, c):
    mean = images[plates == plate, c].mean(0)
    blocks = np.array([[mean[y * block:(y + 1) * block, x * block:(x + 1) * block].mean()
                        for x in range(columns)] for y in range(rows)])
    smooth = gaussian_filter(blocks, s['illuminationSigma'] * max(H, W) / block)
    y, x = np.mgrid[0:H, 0:W]
    at = [(y + 0.5) / block - 0.5, (x + 0.5) / block - 0.5]
    return map_coordinates(smooth, at, order=1, mode='nearest'), smooth.mean()

def corrected(site):
    image = images[site].copy()
    for c in range(C):
        light, mean = field(plates[site], c)
        if s['illumination'] == 'divide': image[c] /= light / mean
        if s['illumination'] == 'subtract': image[c] -= light - mean
    return image

def reached(x, y, height):
    # the middle of where a rising polyline is so high
    i, j = (np.searchsorted(y, height, side) for side in ('left', 'right'))
    at = lambda k: x[k - 1] + (height - y[k - 1]) / (y[k] - y[k - 1]) * (x[k] - x[k - 1])
    return (at(i) + at(j)) / 2

def spread_out(values):
    # median and MAD of values that lie evenly over their bins
    counts = np.bincount((values // width).astype(int))
    edges, below = np.arange(len(counts) + 1) * width - 0.5, np.r_[0, np.cumsum(counts)]
    median = reached(edges, below, len(values) / 2)
    distances = np.sort(np.r_[0, np.abs(edges - median)])
    within = np.interp(median + distances, edges, below) - np.interp(median - distances, edges, below)
    return median, reached(distances, np.round(within, 9), len(values) / 2)

def scales(pool, own):
    flat = pool.transpose(1, 0, 2, 3).reshape(C, -1)
    if s['method'] == 'meanVariance': return flat.mean(1), flat.std(1) + 1e-10
    if not own:
        median, mad = np.array([spread_out(values) for values in flat]).T
        return median, 1.4826 * mad
    return np.median(flat, 1), 1.4826 * np.maximum(median_abs_deviation(flat, 1), 0.25)

sigma = s['sigma'] if isinstance(s['sigma'], list) else [s['sigma']] * C
prepares = s['illumination'] != 'none' or any(sigma)
if s['by'] == 'tile' and not prepares: width = 1
tiles, out = -(-W // size), []
for sample in d['samples']:
    site = sample['site']
    y, x = sample['tile'] // tiles * size, sample['tile'] % tiles * size
    part = (corrected(site) if s['illumination'] != 'none' else images[site])[:, y:y + size, x:x + size]
    part = np.stack([gaussian_filter(plane, sg) for plane, sg in zip(part, sigma)])
    pool = {
        'tile': part[None], 'site': images[[site]], 'plate': images[plates == plates[site]],
        'negativeControls': images[(plates == plates[site]) & controls],
        'experiment': images[experiments == experiments[site]], 'all': images,
    }[s['by']]
    centre, spread = scales(pool, s['by'] == 'tile' and prepares)
    tile = np.zeros((C, size, size))
    tile[:, :part.shape[1], :part.shape[2]] = (part - centre[:, None, None]) / spread[:, None, None]
    out.append(tile.transpose(1, 2, 0))
print(json.dumps(np.array(out, 'f4').ravel().tolist()))`

interface Kind {
  readonly name: string
  readonly of: SmallScreen
  readonly tile: number
  /** Values of a bin of the store's histograms. */
  readonly width: number
  /** A blur of each channel. */
  readonly sigma: readonly number[]
}

const kinds: readonly Kind[] = [
  {
    name: 'uint8, tiles past the edge',
    of: { height: 20, width: 27 },
    tile: 14,
    width: 1,
    sigma: [0.7, 1.6],
  },
  {
    name: 'uint16, images of more than 64 blocks',
    of: { dtype: 'uint16', height: 71, width: 90, channels: 1, sites: 1, brightest: 5000 },
    tile: 64,
    width: 16,
    sigma: [1.1],
  },
]

const sections: readonly Readonly<Record<string, unknown>>[] = [
  ...['tile', 'site', 'plate', 'negativeControls', 'experiment', 'all'].flatMap((by) => [
    { by },
    { by, method: 'robust' },
  ]),
  { by: 'tile', sigma: 1.3 },
  { by: 'plate', sigma: 0.6 },
  { by: 'tile', method: 'robust', sigma: 2 },
  { by: 'tile', illumination: 'divide', illuminationSigma: 0.05 },
  { by: 'plate', illumination: 'subtract', illuminationSigma: 0.2 },
  { by: 'site', method: 'robust', illumination: 'divide', sigma: 1 },
]

describe.each(kinds)('pixels of $name', ({ of, tile, width, sigma }) => {
  let made: MadeScreen
  let store: Store

  beforeAll(async () => {
    const drawn = smallScreen({
      plates: ['1', '2', '3'],
      experiments: ['E1', 'E1', 'E2'],
      wells: ['B02', 'B03', 'B04'],
      dark: (site) => site % 7 === 3,
      ...of,
    })
    const roles: readonly Role[] = ['treatment', 'negativeControl', 'positiveControl']
    const units = drawn.screen.units.map((unit, index) => ({
      ...unit,
      role: roles[index % 3] ?? 'treatment',
    }))
    made = { ...drawn, screen: { ...drawn.screen, units } }
    const wanted = order(made, { tile: [tile, tile] })
    await makeStore(made.screen, wanted, recorder())
    store = await Store.open(wanted.store.path)
  })

  it.each(
    [...sections, { by: 'site', sigma }].map((fields) => [JSON.stringify(fields), fields] as const),
  )('come out as numpy and scipy make them: %s', async (_, fields) => {
    const section = normaliseSection(fields)
    await using loader = new BatchLoader(store, section)
    const sites = made.screen.sites.map((_, site) => site)
    const { tilesPerSite, channels, imageShape, screen } = store
    const samples = predictionSamples({ sites, tilesPerSite, symmetries: ['identity'] })
    const { images } = await loader.load(samples)
    const expected = askNumbers(script, {
      shape: [channels, imageShape.height, imageShape.width],
      ...{ tile, width, section, samples },
      pixels: made.pixels.map((pixels) => [...pixels]),
      plates: sites.map((site) => store.plateOf(site)),
      experiments: sites.map((site) => screen.plates[store.plateOf(site)]?.experiment),
      controls: sites.map(
        (site) => screen.units[screen.sites[site]?.unit ?? -1]?.role === 'negativeControl',
      ),
    })
    expect(images.length).toBe(expected.length)
    const worst = [...images].reduce((so, value, i) => {
      const truth = expected[i] ?? Number.NaN
      return Math.max(so, Math.abs(value - truth) / Math.max(1, Math.abs(truth)))
    }, 0)
    expect(worst).toBeLessThan(5e-5)
  })
})

describe('illumination', () => {
  it('divides by a twentieth of the mean at least, where the plate is darker', async () => {
    const [height, width] = [8, 60]
    const made = smallScreen({ height, width, channels: 1, plates: ['1'], wells: ['A1'] })
    for (const { images } of made.screen.sites) {
      // The left half has 2 % of the light of the right half, and so 4 % of the mean.
      const plane = Uint8Array.from({ length: height * width }, (_, i) =>
        i % width < width / 2 ? 4 : 200,
      )
      writeFileSync(images[0] ?? '', png(plane, height, width))
    }
    const wanted = order(made, { tile: [height, width] })
    await makeStore(made.screen, wanted, recorder())
    using store = await Store.open(wanted.store.path)
    const section = { by: 'all', illumination: 'divide', illuminationSigma: 0.001 }
    await using loader = new BatchLoader(store, normaliseSection(section))
    const { images } = await loader.load([{ site: 0, tile: 0, symmetry: 'identity' }])
    // Mean 102 and deviation 98 are of the pixels as they are stored.
    expect(images[0]).toBeCloseTo((4 / 0.05 - 102) / 98, 5)
    expect(images[width - 1]).toBeCloseTo((102 - 102) / 98, 5)
  })
})

describe('normalisation', () => {
  it('refuses plates without negative controls, and sigmas that are not one a channel', async () => {
    const made = smallScreen({ plates: ['1'] })
    const wanted = order(made)
    await makeStore(made.screen, wanted, recorder())
    using store = await Store.open(wanted.store.path)
    const sample = { site: 0, tile: 0, symmetry: 'identity' as const }
    await using loader = new BatchLoader(store, normaliseSection({ by: 'negativeControls' }))
    await expect(loader.load([sample])).rejects.toThrow(
      /normalise\.by: plate E1\/1 of .* has no negative control/,
    )
    expect(() => new BatchLoader(store, normaliseSection({ sigma: [1, 2, 3] }))).toThrow(
      /normalise\.sigma: got 3 values, expected 2, .*channel 0, channel 1/,
    )
  })

  it.each([
    { by: 'plate', method: 'robust' },
    { by: 'tile', method: 'robust' },
    { by: 'plate', illumination: 'divide', sigma: 1 },
  ])(
    'leaves a channel that is missing 0 throughout, and the others what they are: %j',
    async (fields) => {
      const made = smallScreen({ plates: ['1'], wells: ['A1', 'A2'], sites: 1 })
      rmSync(made.screen.sites[0]?.images[1] ?? '')
      const wanted = order(made, { tile: [20, 24] }, { channel: 'zero' })
      await makeStore(made.screen, wanted, recorder())
      using store = await Store.open(wanted.store.path)
      await using loader = new BatchLoader(store, normaliseSection(fields))
      const samples = [0, 1].map((site) => ({ site, tile: 0, symmetry: 'identity' as const }))
      const { images } = await loader.load(samples)
      expect(images.every(Number.isFinite)).toBe(true)
      const missing = images.filter((_, i) => i < 2 * 480 && i % 2 === 1)
      expect(missing.every((value) => value === 0)).toBe(true)
      const there = images.filter((_, i) => i >= 2 * 480 && i % 2 === 1)
      expect(Math.max(...there) - Math.min(...there)).toBeGreaterThan(0.5)
    },
  )
})
