import { createHash } from 'node:crypto'
import { existsSync, openAsBlob, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Pixels } from '@phenoprint/pixels'
import ZipFileStore from '@zarrita/storage/zip'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as zarrita from 'zarrita'
import { z } from 'zod'
import { removeKeptFolders } from '../testing/kept-folder.js'
import { askPython } from '../testing/python.js'
import { makeStore } from './make-store.js'
import {
  type MadeScreen,
  order,
  recorder,
  type SmallScreen,
  smallScreen,
} from './small-screen.test.support.js'
import { Store } from './store.js'

afterAll(removeKeptFolders)

interface Case {
  readonly name: string
  readonly of: SmallScreen
  readonly tile: [number, number]
  readonly codec: 'none' | 'zstd'
}

const cases: readonly Case[] = [
  { name: 'uint8, zstd, whole tiles', of: { height: 16, width: 24 }, tile: [8, 8], codec: 'zstd' },
  { name: 'uint8, none, tiles past the edge', of: { channels: 6 }, tile: [9, 7], codec: 'none' },
  { name: 'uint16, zstd, past the edge', of: { dtype: 'uint16' }, tile: [16, 16], codec: 'zstd' },
  { name: 'uint16, none, one tile', of: { dtype: 'uint16' }, tile: [64, 64], codec: 'none' },
  {
    name: 'crops of odd wells, many',
    of: { unitKind: 'image', wells: ['365', '5', 'x y'], sites: 23, channels: 1 },
    tile: [8, 8],
    codec: 'zstd',
  },
]

/** Reads everything of an archive with zarr-python and numpy, and says what is there. */
const script = `
import hashlib, zarr
def plate(path):
    root = zarr.open_group(zarr.storage.ZipStore(path, mode='r'), mode='r')
    wells = []
    means, variances, histograms, images = [], [], [], []
    fields = []
    for well in root.attrs['ome']['plate']['wells']:
        group = root[well['path']]
        for image in group.attrs['ome']['well']['images']:
            field = group[image['path']]
            dataset = field.attrs['ome']['multiscales'][0]['datasets'][0]['path']
            array = field[dataset]
            pixels = array[:]
            fields.append({
                'site': field.attrs['phenoprint']['site'], 'dtype': str(array.dtype), 'shape': list(array.shape),
                'chunk': list(array.chunks), 'shards': list(array.shards),
                'sha': hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest(),
            })
            images.append(pixels)
            flat = pixels.reshape(len(pixels), -1)
            means.append(flat.mean(1)); variances.append(flat.astype('f8').var(1))
            top = 256 if pixels.dtype.itemsize == 1 else 65536
            histograms.append([np.histogram(c, 256 if top == 256 else 4096, (0, top))[0] for c in flat])
    s = root['statistics']
    # images of less than 65 pixels have one pixel a block
    mean = np.mean(images, 0, dtype='f8')
    return {
        'plate': root.attrs['ome']['plate'], 'fields': fields,
        'mean': bool(np.allclose(s['mean'][:], means, rtol=1e-12)),
        'variance': bool(np.allclose(s['variance'][:], variances, rtol=1e-12)),
        'histogram': bool(np.array_equal(s['histogram'][:], histograms)),
        'field': bool(np.allclose(s['field'][:], mean, rtol=1e-12)),
        'digest': [bytes(row).hex() for row in s['digest'][:]],
    }
print(json.dumps([plate(path) for path in d]))`

const zipSchema = z.object({
  names: z.array(z.string()),
  comment: z.unknown(),
  types: z.array(z.number()),
  offsets: z.array(z.number()),
})

describe.each(cases)('a store: $name', ({ of, tile, codec }) => {
  let made: MadeScreen
  let path: string
  let store: Store

  beforeAll(async () => {
    made = smallScreen(of)
    const wanted = order(made, { tile, codec })
    path = wanted.store.path
    await makeStore(made.screen, wanted, recorder())
    store = await Store.open(path, { verify: true })
  })

  it('is read back equal by zarr-python, with the statistics that numpy counts', () => {
    const seen = askPython(
      script,
      made.screen.plates.map((_, plate) => store.plateFile(plate)),
    )
    const { height = 20, width = 24, channels = 2, dtype = 'uint8' } = of
    const chunk = [channels, Math.min(tile[0], height), Math.min(tile[1], width)]
    const shape = [channels, height, width]
    const shards = shape.map((size, i) => {
      const part = chunk[i] ?? 1
      return Math.ceil(size / part) * part
    })
    const expected = made.screen.plates.map((plate) => {
      const sites = plate.units.flatMap((unit) => made.screen.units[unit]?.sites ?? [])
      const fields = sites.map((site) => ({
        site: made.screen.sites[site]?.id,
        dtype,
        shape,
        chunk,
        shards,
        sha: sha256(made.pixels[site]),
      }))
      return {
        plate: expect.objectContaining({ name: plate.id, version: '0.5' }),
        fields,
        mean: true,
        variance: true,
        histogram: true,
        field: true,
        digest: fields.map((field) => field.sha),
      }
    })
    expect(seen).toEqual(expected)
  })

  it('is what OME-Zarr 0.5 asks for, as ome-zarr-models has it', () => {
    const seen = askPython(
      `
import tempfile, zarr, zipfile
from ome_zarr_models.v05 import HCS, Image
wells = []
for path in d:
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(path).extractall(folder)
        root = zarr.open_group(folder, mode='r')
        plate = HCS.from_zarr(root).attributes.ome.plate
        for well in plate.wells:
            for image in root[well.path].attrs['ome']['well']['images']:
                Image.from_zarr(root[well.path][image['path']])
        wells.append(len(plate.wells))
print(json.dumps(wells))`,
      made.screen.plates.map((_, plate) => store.plateFile(plate)),
    )
    expect(seen).toEqual([3, 3])
  })

  it('is read back equal by zarrita', async () => {
    for (const [plate, { units }] of made.screen.plates.entries()) {
      const archive = ZipFileStore.fromBlob(await openAsBlob(store.plateFile(plate)))
      const root = zarrita.root(archive)
      for (const site of units.flatMap((unit) => made.screen.units[unit]?.sites ?? [])) {
        const field = store.screen.sites[site]?.images[0]?.split('/').slice(1).join('/') ?? ''
        const array = await zarrita.open.v3(root.resolve(`${field}/0`), { kind: 'array' })
        const { data } = await zarrita.get(array)
        expect(data, made.screen.sites[site]?.id).toEqual(made.pixels[site])
      }
    }
  })

  it('is read back equal by the store, tile by tile', async () => {
    const { height = 20, width = 24, channels = 2 } = of
    const { rows, columns, tile: shape } = store.tiling
    expect(store.tilesPerSite).toBe(rows * columns)
    for (let site = 0; site < made.screen.sites.length; site++) {
      const pixels = made.pixels[site]
      for (let index = 0; index < store.tilesPerSite; index++) {
        const got = await store.readTile(site, index)
        const top = Math.floor(index / columns) * shape.height
        const left = (index % columns) * shape.width
        const expected = got.map((_, i) => {
          const c = Math.floor(i / (shape.height * shape.width))
          const y = top + (Math.floor(i / shape.width) % shape.height)
          const x = left + (i % shape.width)
          return y < height && x < width ? (pixels?.[(c * height + y) * width + x] ?? -1) : 0
        })
        expect(got.length).toBe(channels * shape.height * shape.width)
        expect(got, `site ${site}, tile ${index}`).toEqual(expected)
      }
    }
  })

  it('is of the order that RFC-9 asks for, and the same bytes when made again', async () => {
    const again = order(made, { tile, codec })
    await makeStore(made.screen, again, recorder())
    for (const [plate] of made.screen.plates.entries()) {
      const file = store.plateFile(plate)
      const twin = join(again.store.path, file.slice(path.length + 1))
      expect(readFileSync(twin).equals(readFileSync(file))).toBe(true)
      const zip = askPython(
        `
import zipfile
z = zipfile.ZipFile(d)
print(json.dumps({'names': z.namelist(), 'comment': json.loads(z.comment), 'types': list({i.compress_type for i in z.infolist()}), 'offsets': [i.header_offset for i in z.infolist()]}))`,
        file,
      )
      const { names, comment, types, offsets } = zipSchema.parse(zip)
      expect(comment).toEqual({
        ome: { version: '0.5', zipFile: { centralDirectory: { jsonFirst: true } } },
      })
      expect(types).toEqual([0])
      expect(offsets).toEqual([...offsets].sort((a, b) => a - b))
      const metadata = names.filter((name) => name.endsWith('zarr.json'))
      expect(names.slice(0, metadata.length)).toEqual(metadata)
      expect(metadata[0]).toBe('zarr.json')
      const depths = metadata.map((name) => name.split('/').length)
      expect(depths).toEqual([...depths].sort((a, b) => a - b))
    }
    expect(existsSync(join(path, '.lock'))).toBe(false)
  })
})

function sha256(pixels: Pixels | undefined): string {
  return createHash('sha256')
    .update(pixels ?? '')
    .digest('hex')
}
