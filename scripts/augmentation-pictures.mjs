import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { Transformer } from '@napi-rs/image'
import {
  augmentationSettings,
  BatchLoader,
  epochBatches,
  loadConfig,
  preprocess,
  Store,
  samplePool,
  silentReporter,
  simulate,
} from '@phenoprint/phenoprint'
import { root } from './setup/paths.mjs'

/**
 * Draws docs/pictures/augmentation/: for each augmentation a tile of a synthetic site as it is, and
 * what became of it in five epochs. Channels are normalised over the plate and shown in the colours
 * of RxRx1.
 *
 *   node scripts/augmentation-pictures.mjs
 */

const epochs = 5
const gap = 4

/** @type {Record<string, { augmentation?: object, batches?: object }>} */
const kinds = {
  symmetries: { batches: {} },
  'random-tile': { augmentation: { tile: 'random' } },
  'zoom-crop': { augmentation: { zoomCrop: { side: [0.4, 1] } } },
  rotation: { augmentation: { rotation: { degrees: 180, zoom: [0.8, 1.25], shift: 0.1 } } },
  'rotation-random-tile': {
    augmentation: { tile: 'random', rotation: { degrees: 180, zoom: [0.8, 1.25], shift: 0.1 } },
  },
  blur: { augmentation: { blur: { sigma: [0.5, 3] } } },
  'gain-offset': { augmentation: { gain: 0.3, offset: 0.3 } },
  'cut-mix': { augmentation: { cutMix: {} } },
  mixup: { augmentation: { mixup: {} } },
}

const folder = fs.mkdtempSync(join(os.tmpdir(), 'phenoprint-augmentation-'))
const still = { symmetries: ['identity'] }
const base = {
  seed: 5,
  output: join(folder, 'run'),
  simulation: {
    folder: join(folder, 'screen'),
    image: { size: 192, pixelSize: 0.8 },
    layout: {
      ...{ plates: 1, rows: 1, columns: 4, sites: 2, classes: 2, groups: 1 },
      controls: { negative: 1, positive: 1 },
    },
    cellTypes: { U2OS: { train: 1, test: 1 } },
  },
  screen: { reader: 'rxrx1', name: 'synthetic', folder: join(folder, 'screen') },
  store: { path: join(folder, 'store'), tile: [96, 96] },
  normalise: { by: 'plate' },
}

/** @param {object} keys */
function configOf(keys) {
  const file = join(folder, 'config.json')
  fs.writeFileSync(file, JSON.stringify({ ...base, ...keys }))
  return loadConfig(file)
}

/**
 * A normalised image `[y, x, channel]` in the channels' colours, from a little below the mean of the
 * plate to several deviations above it.
 *
 * @param {Float32Array} image
 * @param {number[][]} colours
 */
function coloured(image, colours) {
  const count = colours.length
  const rgb = new Uint8Array((image.length / count) * 3)
  for (let i = 0; i < rgb.length; i++) {
    const at = Math.floor(i / 3) * count
    let sum = 0
    colours.forEach((colour, c) => {
      sum += Math.min(1, Math.max(0, (image[at + c] + 0.4) / 9)) * colour[i % 3]
    })
    rgb[i] = Math.min(255, Math.round(sum))
  }
  return rgb
}

/**
 * Pictures side by side.
 *
 * @param {Uint8Array[]} pictures `[y, x, 3]` each
 * @param {number} size
 */
function row(pictures, size) {
  const width = pictures.length * (size + gap) - gap
  const rgba = new Uint8Array(width * size * 4).fill(255)
  pictures.forEach((picture, place) => {
    for (let i = 0; i < size * size; i++) {
      const to = (Math.floor(i / size) * width + place * (size + gap) + (i % size)) * 4
      rgba.set(picture.subarray(i * 3, i * 3 + 3), to)
    }
  })
  return Transformer.fromRgbaPixels(rgba, width, size).jpeg(88)
}

/**
 * The first site's sample in an epoch.
 *
 * @param {Store} store
 * @param {import('@phenoprint/phenoprint').Config} config
 * @param {number} epoch
 */
async function imageOf(store, config, epoch) {
  const sites = store.screen.sites.map((_, site) => site)
  const order = {
    ...{ seed: config.seed, tilesPerSite: 1, batchSize: sites.length, controls: null },
    symmetries: config.batches.symmetries,
    pool: samplePool(store.screen, sites, config.batches, sites.length),
    augmentation: augmentationSettings(config, store),
  }
  const [batch] = epochBatches(order, epoch)
  const place = batch.findIndex(({ site }) => site === 0)
  const loader = new BatchLoader(store, config.normalise)
  const { images, shape } = await loader.load(batch)
  await loader.close()
  if (!(images instanceof Float32Array)) throw new TypeError('got images that are not float32')
  const size = images.length / shape[0]
  return images.subarray(place * size, (place + 1) * size)
}

try {
  await simulate(configOf({}), silentReporter)
  await preprocess(configOf({}), silentReporter)
  const store = await Store.open(base.store.path)
  const colours = store.screen.channels.map(({ color = 'FFFFFF' }) =>
    [0, 2, 4].map((at) => Number.parseInt(color.slice(at, at + 2), 16)),
  )
  const pictures = join(root, 'docs/pictures/augmentation')
  fs.mkdirSync(pictures, { recursive: true })
  const plain = await imageOf(store, configOf({ batches: still }), 1)
  for (const [name, { augmentation = {}, batches = still }] of Object.entries(kinds)) {
    const config = configOf({ augmentation, batches })
    const images = [plain]
    for (let epoch = 1; epoch <= epochs; epoch++) images.push(await imageOf(store, config, epoch))
    const jpeg = await row(
      images.map((image) => coloured(image, colours)),
      store.tileShape.height,
    )
    fs.writeFileSync(join(pictures, `${name}.jpg`), jpeg)
    console.log(`docs/pictures/augmentation/${name}.jpg`)
  }
  store.close()
} finally {
  fs.rmSync(folder, { recursive: true })
}
