import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tensor } from '@phenoprint/torch'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { symmetries } from '../config/batches.js'
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
import { epochSamples, predictionSamples, type Sample } from './samples.js'

afterAll(removeKeptFolders)

/** Normalises, pads and turns with numpy; pixels come as lists, one a site. */
const script = `
shape, size, by = d['shape'], d['tile'], d['by']
images = np.array(d['pixels'], 'f8').reshape(-1, *shape)
plates, experiments = np.array(d['plates']), np.array(d['experiments'])
turns = {
    'identity': lambda a: a, 'rot90': lambda a: np.rot90(a, 1), 'rot180': lambda a: np.rot90(a, 2),
    'rot270': lambda a: np.rot90(a, 3), 'flipX': np.fliplr, 'flipY': np.flipud,
    'transpose': np.transpose, 'antitranspose': lambda a: np.transpose(np.rot90(a, 2)),
}
columns = -(-shape[2] // size)
out = []
for s in d['samples']:
    y, x = s['tile'] // columns * size, s['tile'] % columns * size
    part = images[s['site'], :, y:y + size, x:x + size]
    pool = {
        'tile': part[None], 'site': images[s['site']][None], 'plate': images[plates == plates[s['site']]],
        'experiment': images[experiments == experiments[s['site']]], 'all': images,
    }[by]
    mean, std = pool.mean((0, 2, 3)), pool.std((0, 2, 3))
    tile = np.zeros((shape[0], size, size))
    tile[:, :part.shape[1], :part.shape[2]] = (part - mean[:, None, None]) / (std[:, None, None] + 1e-10)
    out.append(np.stack([turns[s['symmetry']](plane) for plane in tile], -1))
print(json.dumps(np.array(out, 'f4').ravel().tolist()))`

const kinds: readonly (readonly [name: string, of: SmallScreen, tile: number])[] = [
  ['uint8, tiles past the edge', {}, 9],
  ['uint16, whole tiles', { dtype: 'uint16', channels: 1 }, 4],
  ['uint8, whole tiles', { channels: 3, width: 20 }, 10],
]

/** Tiles are kept decoded, or read into the batch straight away where they are whole. */
const ways = [
  ['kept', {}],
  ['not kept', { cacheBytes: 0 }],
] as const

describe.each(kinds)('batches of %s', (_, of, tile) => {
  let made: MadeScreen
  let store: Store

  beforeAll(async () => {
    // Plates of different brightness, so that every grouping gives other numbers.
    const dark = (site: number) => site % 7 === 3
    made = smallScreen({
      plates: ['1', '2', '3'],
      experiments: ['E1', 'E1', 'E2'],
      wells: ['B02', 'B03'],
      dark,
      ...of,
    })
    const wanted = order(made, { tile: [tile, tile] })
    await makeStore(made.screen, wanted, recorder())
    store = await Store.open(wanted.store.path)
  })

  const cases = (['tile', 'site', 'plate', 'experiment', 'all'] as const).flatMap((by) =>
    ways.map(([name, options]) => ({ by, name, options })),
  )
  it.each(cases)(
    'are cut, turned and normalised as numpy does it, by $by, tiles $name',
    async ({ by, options }) => {
      await using loader = new BatchLoader(store, normaliseSection({ by }), options)
      const sites = made.screen.sites.map((_, site) => site)
      const samples = epochSamples({
        seed: 1,
        epoch: 1,
        sites,
        tilesPerSite: store.tilesPerSite,
        symmetries,
        augmentation: null,
      })
      const { images, shape } = await loader.load(samples)
      expect(shape).toEqual([sites.length, store.channels, tile, tile])
      const expected = askNumbers(script, {
        shape: [store.channels, store.imageShape.height, store.imageShape.width],
        tile,
        by,
        samples,
        pixels: made.pixels.map((pixels) => [...pixels]),
        plates: sites.map((site) => store.plateOf(site)),
        experiments: sites.map((site) => store.screen.plates[store.plateOf(site)]?.experiment),
      })
      expect(images.length).toBe(expected.length)
      const worst = [...images].reduce(
        (most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? Number.NaN))),
        0,
      )
      expect(worst).toBeLessThan(2e-6)
    },
  )

  it.each(ways)(
    'come as bfloat16 where nothing is computed on them, tiles %s',
    async (_, options) => {
      const sites = made.screen.sites.map((_, site) => site)
      const samples = predictionSamples({ sites, tilesPerSite: store.tilesPerSite, symmetries })
      const normalise = normaliseSection({ by: 'tile' })
      await using floats = new BatchLoader(store, normalise, options)
      await using halves = new BatchLoader(store, normalise, { ...options, values: 'bfloat16' })
      const some = samples.slice(0, 50)
      const [wide, narrow] = await Promise.all([floats.load(some, some), halves.load(some, some)])
      const rounded = tensor(wide.images).to({ dtype: 'bfloat16' }).toTypedArray()
      expect(narrow.images).toEqual(rounded)
      expect(narrow.normControls).toEqual(rounded)
      const [view, control] = samples
      if (view === undefined || control === undefined) throw new Error('no samples')
      const mixed = [{ ...view, mix: { view: control, share: 0.3, box: null } }]
      const paired = [{ ...view, control }]
      for (const computed of [mixed, paired]) {
        const { images } = await halves.load(computed)
        expect(images).toBeInstanceOf(Float32Array)
        expect(images).toEqual((await floats.load(computed)).images)
      }
    },
  )

  it('are the same in memory that was released before', async () => {
    const sites = made.screen.sites.map((_, site) => site)
    const samples = predictionSamples({ sites, tilesPerSite: store.tilesPerSite, symmetries })
    await using loader = new BatchLoader(store, normaliseSection({ by: 'tile' }))
    const [first, second] = [samples.slice(0, 40), samples.slice(40, 80)]
    const before = await loader.load(first)
    const images = before.images.slice()
    before.release()
    before.release()
    const other = await loader.load(second)
    expect(other.images).toBe(before.images)
    expect(Buffer.from(other.images.buffer).equals(Buffer.from(images.buffer))).toBe(false)
    const again = await loader.load(first)
    expect(again.images).not.toBe(other.images)
    expect(Buffer.from(again.images.buffer).equals(Buffer.from(images.buffer))).toBe(true)
  })

  it('are the same whatever is kept, whatever is asked for at once, in whatever order', async () => {
    const sites = made.screen.sites.map((_, site) => site)
    const samples = predictionSamples({ sites, tilesPerSite: store.tilesPerSite, symmetries })
    await using plain = new BatchLoader(store, normaliseSection({ by: 'tile' }), { cacheBytes: 0 })
    const whole = await plain.load(samples)
    const bytes = 5 * store.channels * tile * tile
    await using small = new BatchLoader(store, normaliseSection({ by: 'tile' }), {
      cacheBytes: bytes,
    })
    await using roomy = new BatchLoader(store, normaliseSection({ by: 'tile' }))
    const kept = await roomy.load(samples)
    expect(Buffer.from(kept.images.buffer).equals(Buffer.from(whole.images.buffer))).toBe(true)
    const pieces = await Promise.all(
      [0, 100, 200].map((from) => small.load(samples.slice(from, from + 100))),
    )
    const size = store.channels * tile * tile
    pieces.forEach(({ images }, i) => {
      const part = whole.images.subarray(100 * i * size, (100 * i + 100) * size)
      expect(Buffer.from(images.buffer).equals(Buffer.from(part.slice().buffer))).toBe(true)
    })
  })
})

describe('a batch', () => {
  const load = async (made: MadeScreen, samples: readonly Sample[], tile: [number, number]) => {
    const wanted = order(made, { tile }, { image: 'skip', channel: 'zero' })
    await makeStore(made.screen, wanted, recorder())
    using store = await Store.open(wanted.store.path)
    await using loader = new BatchLoader(store, normaliseSection({ by: 'plate' }))
    return await loader.load(samples)
  }

  it('carries units and labels, and -1 for a label that is not known', async () => {
    const made = smallScreen()
    const units = made.screen.units.map((unit, i) => (i === 1 ? { ...unit, label: null } : unit))
    const samples = [11, 3, 0].map((site) => ({ site, tile: 0, symmetry: 'identity' as const }))
    const batch = await load({ ...made, screen: { ...made.screen, units } }, samples, [8, 8])
    expect([...batch.units]).toEqual([5, 1, 0])
    expect([...batch.labels]).toEqual([2n, -1n, 0n])
    expect(batch.samples).toEqual(samples)
  })

  it('has 0 throughout a channel that is missing, and leaves it out of the plate', async () => {
    const made = smallScreen({ channels: 2, plates: ['1'], wells: ['A1', 'A2'], sites: 1 })
    const [first, second] = made.screen.sites
    writeFileSync(first?.images[1] ?? '', png(new Uint8Array(480).fill(90), 20, 24))
    rmSync(second?.images[1] ?? '')
    const samples = [0, 1].map((site) => ({ site, tile: 0, symmetry: 'identity' as const }))
    const { images } = await load(made, samples, [20, 24])
    const channel = images.filter((_, i) => i % 2 === 1)
    // The one image of the channel is constant: it is the plate's mean, so 0 too.
    expect(channel.every((value) => value === 0)).toBe(true)
    expect(images.some((value) => value !== 0)).toBe(true)
  })

  it('is refused when a symmetry would turn tiles that are not square', async () => {
    const made = smallScreen({ plates: ['1'], wells: ['A1'], sites: 1 })
    const sample = { site: 0, tile: 0 }
    await expect(load(made, [{ ...sample, symmetry: 'rot90' }], [8, 12])).rejects.toMatchObject({
      _tag: 'ConfigError',
      message: expect.stringContaining('rot90 needs square tiles'),
    })
    const turned = await load(made, [{ ...sample, symmetry: 'rot180' }], [8, 12])
    expect(turned.shape).toEqual([1, 2, 8, 12])
  })

  it.each(ways)('tells of damaged pixels, tiles %s', async (_, options) => {
    const made = smallScreen({ plates: ['1'], height: 16, width: 16 })
    const wanted = order(made, { tile: [16, 16], codec: 'none' })
    await makeStore(made.screen, wanted, recorder())
    const { path } = wanted.store
    const plate = join(path, readdirSync(path).find((name) => name.endsWith('.ozx')) ?? '')
    const bytes = readFileSync(plate)
    const pixels = Buffer.from(made.pixels[1]?.buffer ?? new ArrayBuffer(0))
    const at = bytes.indexOf(pixels)
    bytes[at + 7] = (bytes[at + 7] ?? 0) ^ 1
    writeFileSync(plate, bytes)
    using store = await Store.open(path)
    await using loader = new BatchLoader(store, normaliseSection({ by: 'tile' }), options)
    const view = { tile: 0, symmetry: 'rot90' as const }
    await expect(loader.load([{ site: 0, ...view }])).resolves.toMatchObject({
      shape: [1, 2, 16, 16],
    })
    await expect(loader.load([{ site: 1, ...view }])).rejects.toMatchObject({
      _tag: 'StoreError',
      message: expect.stringMatching(/site E1\/1\/B02\/2: .*checksum/),
    })
  })

  it('tells of a damaged store once all reads have ended', async () => {
    const made = smallScreen()
    const wanted = order(made)
    await makeStore(made.screen, wanted, recorder())
    using store = await Store.open(wanted.store.path)
    await using loader = new BatchLoader(store, normaliseSection({ by: 'tile' }))
    const samples = [0, 99, 1].map((site) => ({ site, tile: 0, symmetry: 'identity' as const }))
    await expect(loader.load(samples)).rejects.toThrow(/site 99/)
    await expect(loader.load(samples.slice(2))).resolves.toMatchObject({ shape: [1, 2, 8, 8] })
  })
})
