import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { keptFolder, removeKeptFolders } from '../testing/kept-folder.js'
import { askPython } from '../testing/python.js'
import { preprocess } from './preprocess.js'
import { recorder } from './small-screen.test.support.js'
import { Store } from './store.js'
import { readSite } from './verify.js'

afterAll(removeKeptFolders)

const folder = keptFolder()

/** Writes the images of each form, and what tifffile or PIL reads of every site: SHA-256 of its planes. */
const script = `
import hashlib, os, tifffile
from PIL import Image
os.chdir(d)
rng = np.random.default_rng(3)
seen = {}
def add(form, well, planes):
    seen.setdefault(form, {})['screen/P1/' + well + '/1'] = hashlib.sha256(np.ascontiguousarray(planes).tobytes()).hexdigest()
for form in ('lzw', 'pages', 'samples', 'colour', 'mixed', 'jpeg'): os.makedirs(form)
open('wells.csv', 'w').write('plate,well\\nP1,A01\\nP1,A02\\n')
for well in ('A01', 'A02'):
    deep = rng.integers(0, 65536, (4, 30, 44)).astype('u2')
    rgb = rng.integers(0, 256, (30, 44, 3)).astype('u1')
    for i in range(4):
        Image.fromarray(deep[i]).save(f'lzw/{well}_w{i + 1}.tif', compression='tiff_lzw')
    add('lzw', well, [np.asarray(Image.open(f'lzw/{well}_w{i + 1}.tif')) for i in range(4)])
    tifffile.imwrite(f'pages/{well}.tif', deep, photometric='minisblack', tile=(16, 16), compression='zlib')
    add('pages', well, tifffile.imread(f'pages/{well}.tif'))
    tifffile.imwrite(f'samples/{well}.tif', np.moveaxis(deep, 0, -1).copy(), photometric='minisblack', planarconfig='contig')
    add('samples', well, np.moveaxis(tifffile.imread(f'samples/{well}.tif'), -1, 0)[[3, 0]])
    Image.fromarray(rgb).save(f'colour/{well}.png')
    add('colour', well, np.moveaxis(np.asarray(Image.open(f'colour/{well}.png')), -1, 0)[[2, 1]])
    Image.fromarray(rgb[..., 0]).save(f'mixed/{well}_grey.png')
    Image.fromarray(rgb).save(f'mixed/{well}_rgb.tif', compression='packbits')
    add('mixed', well, [np.asarray(Image.open(f'mixed/{well}_grey.png')), np.asarray(Image.open(f'mixed/{well}_rgb.tif'))[..., 1]])
    Image.fromarray(rgb[..., 0] // 16 * 16).resize((44, 30)).save(f'jpeg/{well}.jpg')
    np.asarray(Image.open(f'jpeg/{well}.jpg')).tofile(f'jpeg/{well}.raw')
print(json.dumps(seen))`

let seen: unknown
beforeAll(() => {
  seen = askPython(script, folder)
})

interface Form {
  readonly name: string
  readonly images: string
  readonly channels: readonly { name: string; file?: string; plane?: number }[]
}

const names = ['DNA', 'actin', 'RNA', 'mito'].map((name) => ({ name }))
const forms: readonly Form[] = [
  { name: 'lzw', images: 'lzw/{well}_w{channel}.tif', channels: names },
  { name: 'pages', images: 'pages/{well}.tif', channels: names },
  {
    name: 'samples',
    images: 'samples/{well}.tif',
    channels: [
      { name: 'fourth', plane: 4 },
      { name: 'first', plane: 1 },
    ],
  },
  {
    name: 'colour',
    images: 'colour/{well}.png',
    channels: [
      { name: 'blue', plane: 3 },
      { name: 'green', plane: 2 },
    ],
  },
  {
    name: 'mixed',
    images: 'mixed/{well}_{channel}',
    channels: [
      { name: 'grey', file: 'grey.png' },
      { name: 'green', file: 'rgb.tif', plane: 2 },
    ],
  },
]

function configOf({ name, images, channels }: Form, store = join(folder, 'stores', name)) {
  return configSchema.parse({
    screen: {
      reader: 'table',
      name: 'screen',
      folder,
      table: 'wells.csv',
      images,
      channels,
      columns: { plate: 'plate', well: 'well' },
    },
    store: { path: store, tile: [16, 16] },
  })
}

describe('preprocess reads', () => {
  it.each(forms.map((form) => [form.name, form] as const))(
    'what tifffile or PIL reads, its depth kept: %s',
    async (name, form) => {
      const config = configOf(form)
      await preprocess(config, recorder())
      using store = await Store.open(config.store?.path ?? '', { verify: true })
      const found: Record<string, string> = {}
      for (const [index, { id }] of store.screen.sites.entries()) {
        const pixels = await readSite(store, index)
        found[id] = createHash('sha256').update(pixels).digest('hex')
      }
      expect(seen).toHaveProperty(name, found)
      const deep = ['lzw', 'pages', 'samples'].includes(name)
      expect(store.tiling.image).toMatchObject({
        dtype: deep ? 'uint16' : 'uint8',
        channels: form.channels.length,
        height: 30,
        width: 44,
      })
    },
  )

  it('JPEG, but for rounding', async () => {
    const form = { name: 'jpeg', images: 'jpeg/{well}.jpg', channels: [{ name: 'DNA' }] }
    await preprocess(configOf(form), recorder())
    using store = await Store.open(join(folder, 'stores/jpeg'))
    const off = askPython(
      `
seen = np.array(d['pixels']).reshape(2, 30, 44)
was = [np.fromfile(os.path.join(d['folder'], 'jpeg', well + '.raw'), 'u1').reshape(30, 44) for well in ('A01', 'A02')]
print(int(np.abs(seen - np.array(was).astype(int)).max()))`.replace(/^/, 'import os'),
      { folder, pixels: [...(await readSite(store, 0)), ...(await readSite(store, 1))] },
    )
    expect(off).toBeLessThanOrEqual(1)
  })

  it('another plane into another store, or not at all', async () => {
    const green = {
      name: 'green',
      images: 'colour/{well}.png',
      channels: [{ name: 'G', plane: 2 }],
    }
    await preprocess(configOf(green), recorder())
    const red = { ...green, channels: [{ name: 'G', plane: 1 }] }
    await expect(preprocess(configOf(red), recorder())).rejects.toMatchObject({
      _tag: 'StoreError',
      message: expect.stringContaining('made with other settings'),
    })
  })

  it.each<[string, Form, RegExp]>([
    [
      'no plane chosen',
      { name: 'a', images: 'colour/{well}.png', channels: [{ name: 'G' }] },
      /got 3 planes in the file, expected 1 \(grey\).*screen.channels\[\].plane/,
    ],
    [
      'a plane too far',
      { name: 'b', images: 'pages/{well}.tif', channels: [{ name: 'G', plane: 5 }] },
      /got 4 planes in the file, expected at least 5/,
    ],
    [
      'three channels of four, none of which is alpha',
      {
        name: 'd',
        images: 'pages/{well}.tif',
        channels: [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
      },
      /got 4 planes in the file, expected one for each of the screen's 3 channels/,
    ],
    [
      'too few channels',
      { name: 'c', images: 'pages/{well}.tif', channels: [{ name: 'a' }, { name: 'b' }] },
      /expected one for each of the screen's 2 channels/,
    ],
  ])('nothing where it does not fit: %s', async (_, form, message) => {
    await expect(preprocess(configOf(form), recorder())).rejects.toMatchObject({
      _tag: 'ImageError',
      message: expect.stringMatching(message),
    })
  })
})
