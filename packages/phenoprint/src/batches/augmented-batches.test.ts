import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { augmentationSettings } from '../augmentation/settings.js'
import { configSchema } from '../config/config.js'
import { makeStore } from '../store/make-store.js'
import {
  type MadeScreen,
  order,
  recorder,
  type SmallScreen,
  smallScreen,
} from '../store/small-screen.test.support.js'
import { Store } from '../store/store.js'
import { removeKeptFolders } from '../testing/kept-folder.js'
import { askNumbers } from '../testing/python.js'
import { BatchLoader } from './batch-loader.js'
import { type BatchOrder, epochBatches, partOfRank } from './epoch-batches.js'
import type { Sample } from './samples.js'

afterAll(removeKeptFolders)

/**
 * Augments with numpy and scipy, from what was drawn: content is moved forwards by matrices, which
 * numpy inverts.
 */
const script = `
from scipy.ndimage import gaussian_filter, map_coordinates
images = np.array(d['pixels'], 'f8').reshape(-1, *d['shape'])
plates = np.array(d['plates'])
C, H, W = d['shape']
size, by = d['tile'], d['by']
columns = -(-W // size)
turns = {
    'identity': lambda a: a, 'rot90': lambda a: np.rot90(a, 1), 'rot180': lambda a: np.rot90(a, 2),
    'rot270': lambda a: np.rot90(a, 3), 'flipX': np.fliplr, 'flipY': np.flipud,
    'transpose': np.transpose, 'antitranspose': lambda a: np.transpose(np.rot90(a, 2)),
}

def scaled(z): return np.diag([z, z, 1.0])
def moved(x, y): return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])
def turned(degrees):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])  # y counts downwards

def view(v):
    image, a = images[v['site']], v.get('augmentation')
    y, x = v['tile'] // columns * size, v['tile'] % columns * size
    if a and a['window']: whole, y, x, h, w = image, a['window']['top'], a['window']['left'], size, size
    else:
        whole = image[:, y:y + size, x:x + size]
        (h, w), y, x = whole.shape[1:], 0, 0
    forward = moved(-x, -y)
    if a and a['zoomCrop']:
        z = a['zoomCrop']
        forward = scaled(1 / z['side']) @ moved(-z['left'] * (w - z['side'] * w), -z['top'] * (h - z['side'] * h)) @ forward
    if a and a['rotation']:
        r = a['rotation']
        about = moved(w / 2, h / 2) @ turned(r['degrees']) @ scaled(r['zoom']) @ moved(-w / 2, -h / 2)
        forward = moved(r['shiftX'] * w, r['shiftY'] * h) @ about @ forward
    to_y, to_x = np.mgrid[0:h, 0:w] + 0.5
    from_x, from_y, _ = np.linalg.inv(forward) @ [to_x.ravel(), to_y.ravel(), np.ones(h * w)]
    nearest = a and a['interpolation'] == 'nearest'
    part = np.stack([map_coordinates(plane, [from_y - 0.5, from_x - 0.5], order=0 if nearest else 1, mode='reflect')
                     for plane in whole]).reshape(C, h, w)
    if a and a['sigma']: part = np.stack([gaussian_filter(plane, a['sigma']) for plane in part])
    pool = {'tile': part[None], 'plate': images[plates == plates[v['site']]]}[by]
    part = (part - pool.mean((0, 2, 3))[:, None, None]) / (pool.std((0, 2, 3))[:, None, None] + 1e-10)
    if a and a['gain']: part = part * np.array(a['gain'])[:, None, None]
    if a and a['offset']: part = part + np.array(a['offset'])[:, None, None]
    tile = np.zeros((C, size, size))
    tile[:, :h, :w] = part
    return np.stack([turns[v['symmetry']](plane) for plane in tile], -1)

out = []
for s in d['samples']:
    own, mix = view(s), s.get('mix')
    if mix and mix['box']:
        b = mix['box']
        box = np.s_[b['top']:b['bottom'], b['left']:b['right']]
        own[box] = view(mix['view'])[box]
    elif mix: own = mix['share'] * own + (1 - mix['share']) * view(mix['view'])
    if 'control' in s: own = np.concatenate([own, view(s['control'])], -1)
    out.append(own)
print(json.dumps(np.array(out, 'f4').ravel().tolist()))`

const kinds: readonly (readonly [name: string, of: SmallScreen, tile: number])[] = [
  ['uint8, tiles past the edge', { height: 41, width: 53 }, 16],
  ['uint16, one tile', { dtype: 'uint16', height: 24, width: 24, channels: 3 }, 24],
]

const rotation = { degrees: 180, zoom: [0.7, 1.4], shift: 0.3 }
const augmentations: readonly Readonly<Record<string, unknown>>[] = [
  { tile: 'random' },
  { zoomCrop: { side: [0.3, 1] } },
  { zoomCrop: {}, interpolation: 'nearest' },
  { rotation },
  { rotation: { degrees: 10 }, interpolation: 'nearest' },
  { tile: 'random', rotation, zoomCrop: {} },
  { blur: { sigma: [0.5, 2] } },
  { tile: 'random', blur: {} },
  { gain: 0.2, offset: 0.3 },
  { cutMix: {} },
  { mixup: { alpha: 0.4 } },
  {
    tile: 'random',
    ...{ rotation: { ...rotation, probability: 0.5 }, zoomCrop: { probability: 0.5 } },
    ...{ blur: { probability: 0.5 }, gain: 0.1, offset: 0.1 },
    ...{ cutMix: { probability: 0.4 }, mixup: { probability: 0.4 } },
  },
]

describe.each(kinds)('augmented batches of %s', (_, of, tile) => {
  let made: MadeScreen
  let store: Store

  beforeAll(async () => {
    const dark = (site: number) => site % 7 === 3
    made = smallScreen({ plates: ['1', '2'], wells: ['B02', 'B03'], dark, ...of })
    const wanted = order(made, { tile: [tile, tile] })
    await makeStore(made.screen, wanted, recorder())
    store = await Store.open(wanted.store.path)
  })

  const orderOf = (augmentation: object): BatchOrder => {
    const config = configSchema.parse({ augmentation })
    const sites = made.screen.sites.map((_, site) => site)
    return {
      ...{ seed: 8, batchSize: 5, tilesPerSite: store.tilesPerSite, controls: null },
      symmetries: config.batches.symmetries,
      pool: { groups: [{ sites, weights: null, draws: sites.length }], draws: sites.length },
      augmentation: augmentationSettings(config, store),
    }
  }
  const loaderOf = (by: string) =>
    new BatchLoader(store, configSchema.parse({ normalise: { by } }).normalise)

  it.each(augmentations.map((of) => [JSON.stringify(of), of] as const))(
    'come out as numpy and scipy make them: %s',
    async (_, augmentation) => {
      for (const by of ['tile', 'plate']) {
        await using loader = loaderOf(by)
        const batches = [1, 2].flatMap((epoch) => epochBatches(orderOf(augmentation), epoch))
        const samples = batches.flat()
        const loaded = await Promise.all(batches.map((batch) => loader.load(batch)))
        const got = loaded.flatMap(({ images }) => [...images])
        const sites = made.screen.sites.map((_, site) => site)
        const expected = askNumbers(script, {
          shape: [store.channels, store.imageShape.height, store.imageShape.width],
          ...{ tile, by, samples },
          pixels: made.pixels.map((pixels) => [...pixels]),
          plates: sites.map((site) => store.plateOf(site)),
        })
        expect(got.length).toBe(expected.length)
        const worst = got.reduce((so, value, i) => {
          const truth = expected[i] ?? Number.NaN
          return Math.max(so, Math.abs(value - truth) / Math.max(1, Math.abs(truth)))
        }, 0)
        expect(worst).toBeLessThan(1e-4)
      }
    },
  )

  it('are the same on any number of ranks, partners from elsewhere too', async () => {
    await using loader = loaderOf('tile')
    const everything = augmentations.at(-1) ?? {}
    const batches = [1, 2, 3].flatMap((epoch) => epochBatches(orderOf(everything), epoch))
    expect(batches.flat().some(({ mix }) => mix !== undefined)).toBe(true)
    for (const batch of batches) {
      const whole = await loader.load(batch)
      for (const ranks of [2, 3]) {
        const parts = await Promise.all(
          Array.from({ length: ranks }, (_, rank) =>
            loader.load(structuredClone(partOfRank(batch, rank, ranks))),
          ),
        )
        const bytes = parts.map(({ images }) => Buffer.from(images.buffer))
        expect(Buffer.concat(bytes).equals(Buffer.from(whole.images.buffer))).toBe(true)
        if (whole.mixed === null) continue
        expect(parts.flatMap(({ mixed }) => [...(mixed?.labels ?? [])])).toEqual([
          ...whole.mixed.labels,
        ])
      }
    }
  })

  it('carry units, labels and shares of what was mixed in', async () => {
    await using loader = loaderOf('tile')
    const view = { site: 5, tile: 0, symmetry: 'identity' as const }
    const samples: Sample[] = [
      { ...view, site: 0, mix: { view, share: 0.25, box: null } },
      { ...view, site: 7 },
    ]
    const { mixed, labels } = await loader.load(samples)
    expect(mixed?.units).toEqual(Int32Array.of(2, 3))
    expect(mixed?.labels).toEqual(BigInt64Array.of(2n, 0n))
    expect(mixed?.shares).toEqual(Float32Array.of(0.25, 1))
    expect(labels).toEqual(BigInt64Array.of(0n, 0n))
    expect((await loader.load(samples.slice(1))).mixed).toBeNull()
  })
})

describe('a turn by 90 degrees', () => {
  it('is the symmetry of that name', async () => {
    const made = smallScreen({ height: 16, width: 16, plates: ['1'], wells: ['A1'], sites: 1 })
    const wanted = order(made, { tile: [16, 16] })
    await makeStore(made.screen, wanted, recorder())
    using store = await Store.open(wanted.store.path)
    await using loader = new BatchLoader(store, configSchema.parse({}).normalise)
    const still = { window: null, zoomCrop: null, sigma: 0, gain: null, offset: null }
    const rotation = { degrees: 90, zoom: 1, shiftY: 0, shiftX: 0 }
    const augmentation = { ...still, rotation, interpolation: 'linear' as const }
    const at = { site: 0, tile: 0 }
    const turned = await loader.load([{ ...at, symmetry: 'identity', augmentation }])
    const { images } = await loader.load([{ ...at, symmetry: 'rot90' }])
    turned.images.forEach((value, i) => {
      expect(value).toBeCloseTo(images[i] ?? Number.NaN, 4)
    })
  })
})
