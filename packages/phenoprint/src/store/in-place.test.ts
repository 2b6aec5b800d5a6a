import { createHash } from 'node:crypto'
import {
  cpSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { audit } from '../audit/audit.js'
import { BatchLoader } from '../batches/batch-loader.js'
import { configSchema } from '../config/config.js'
import { exportStore } from '../export/export.js'
import { keptFolder, removeKeptFolders } from '../testing/kept-folder.js'
import { askPython } from '../testing/python.js'
import { makeStore } from './make-store.js'
import { preprocess } from './preprocess.js'
import { order, recorder, smallScreen } from './small-screen.test.support.js'
import { Store } from './store.js'
import { readSite } from './verify.js'

afterAll(removeKeptFolders)

const folder = keptFolder()

/** Plates as zarr-python writes them, of every form; SHA-256 of the pixels that are to be seen. */
const script = `
import hashlib, os, zarr
from zarr.codecs import BloscCodec, Crc32cCodec, GzipCodec, ZstdCodec
from ome_zarr_models.v05 import HCS
os.chdir(d)
rng = np.random.default_rng(5)
seen = {}
def plate(name, axes, shape, pick, store=None, dtype='uint16', **options):
    path = name + ('.ozx' if store else '.ome.zarr')
    wells = [('A', '1'), ('B', '3')]
    root = zarr.create_group(store or path, zarr_format=3, attributes={'ome': {'version': '0.5', 'plate': {
        'name': name, 'version': '0.5', 'field_count': 2,
        'rows': [{'name': r} for r in 'AB'], 'columns': [{'name': c} for c in '123'],
        'wells': [{'path': f'{r}/{c}', 'rowIndex': 'AB'.index(r), 'columnIndex': int(c) - 1} for r, c in wells]}}})
    for r, c in wells:
        well = root.create_group(f'{r}/{c}', attributes={'ome': {'version': '0.5', 'well': {'version': '0.5', 'images': [{'path': '0'}, {'path': '1'}]}}})
        for f in '01':
            field = well.create_group(f, attributes={'ome': {'version': '0.5', 'multiscales': [{
                'name': 'field', 'axes': [{'name': a, 'type': {'t': 'time', 'c': 'channel'}.get(a, 'space')} for a in axes],
                'datasets': [{'path': 'full', 'coordinateTransformations': [{'type': 'scale', 'scale': [1.0] * len(axes)}]}]}],
                'omero': {'channels': [{'label': l, 'color': k, 'window': {'min': 0, 'max': 1, 'start': 0, 'end': 1}, 'active': True} for l, k in (('DNA', '0000FF'), ('actin', 'FF0000'))]}}})
            pixels = rng.integers(0, np.iinfo(dtype).max, shape).astype(dtype)
            array = field.create_array('full', shape=shape, dtype=dtype, dimension_names=list(axes), **options)
            array[:] = pixels
            seen[f'screen/{name}/{r}{c}/{f}'] = hashlib.sha256(np.ascontiguousarray(pick(array[:])).tobytes()).hexdigest()
    if store: store.close()
    HCS.from_zarr(zarr.open_group(zarr.storage.ZipStore(path, mode='r') if store else path, mode='r'))
two = (2, 40, 50)
every = lambda a: a
plate('whole', 'cyx', two, every, chunks=(1, 40, 50))
plate('sharded', 'cyx', two, every, chunks=(2, 16, 16), shards=(2, 48, 64), compressors=[ZstdCodec(level=1, checksum=True)])
plate('five', 'tczyx', (2, 2, 3) + two[1:], lambda a: a[0, :, 1], chunks=(1, 1, 1, 13, 50), compressors=[BloscCodec(cname='lz4', shuffle='shuffle')])
plate('big', 'cyx', two, every, chunks=(2, 20, 50), compressors=[GzipCodec(level=1)], serializer=zarr.codecs.BytesCodec(endian='big'))
plate('plain', 'cyx', two, every, chunks=(1, 16, 16), compressors=None)
plate('summed', 'cyx', two, every, chunks=(2, 16, 16), compressors=[Crc32cCodec()])
plate('summed-shards', 'cyx', two, every, chunks=(2, 16, 16), shards=(2, 48, 64), compressors=[ZstdCodec(), Crc32cCodec()])
plate('zip', 'cyx', two, every, chunks=(1, 40, 50), store=zarr.storage.ZipStore('zip.ozx', mode='w'))
plate('zip-sharded', 'cyx', two, every, chunks=(1, 16, 16), shards=(2, 48, 64), store=zarr.storage.ZipStore('zip-sharded.ozx', mode='w'))
plate('float', 'cyx', two, every, dtype='uint32', chunks=two)
print(json.dumps(seen))`

const names = [
  ...['whole', 'sharded', 'five', 'big', 'plain', 'summed', 'summed-shards'],
  ...['zip', 'zip-sharded'],
]
const sites = [
  ['A', '1'],
  ['B', '3'],
].flatMap(([row, column]) => ['0', '1'].map((field) => ({ row, column, field })))
let seen: Record<string, string> = {}

const hash = (bytes: Uint8Array | Uint16Array) => createHash('sha256').update(bytes).digest('hex')

beforeAll(() => {
  seen = JSON.parse(JSON.stringify(askPython(script, folder)))
  for (const name of [...names, 'float']) {
    const rows = sites.map(({ row, column, field }) =>
      [name, name.startsWith('zip') ? 'ozx' : 'ome.zarr', row, column, field].join(','),
    )
    writeFileSync(
      join(folder, `${name}.csv`),
      ['plate,form,row,column,field', ...rows, ''].join('\n'),
    )
  }
})

function configOf(
  name: string,
  channels: object[] = [{ name: 'DNA' }, { name: 'actin' }],
  of = folder,
) {
  return configSchema.parse({
    screen: {
      reader: 'table',
      name: 'screen',
      folder: of,
      table: `${name}.csv`,
      images: '{plate}.{form}/{row}/{column}/{field}',
      channels,
      columns: { plate: 'plate', well: '{row}{column}', site: 'field', label: 'row' },
    },
    split: { by: 'plate', validation: 'none' },
    store: { path: join(of, 'stores', name), tile: [16, 16] },
  })
}

/** Tiles of a store that is too large to be kept, normalised. */
async function batchOf(store: Store): Promise<ArrayLike<number>> {
  const normalise = configSchema.parse({ normalise: { by: 'tile' } }).normalise
  await using loader = new BatchLoader(store, normalise, { cacheBytes: 0 })
  const samples = [0, 1, 2].map((site) => ({ site, tile: 1, symmetry: 'rot90' as const }))
  return (await loader.load(samples)).images
}

describe('OME-Zarr plates are read in place', () => {
  it.each(names)('as zarr-python reads them: %s', async (name) => {
    const config = configOf(name)
    await preprocess(config, recorder())
    const path = config.store?.path ?? ''
    using store = await Store.open(path, { verify: true })
    expect(store.tiling.image).toEqual({ channels: 2, height: 40, width: 50, dtype: 'uint16' })
    const found: Record<string, string> = {}
    for (const [index, { id }] of store.screen.sites.entries()) {
      const pixels = await readSite(store, index)
      found[id] = hash(pixels)
      const first = [...pixels.subarray(0, 2000)]
      const mean = first.reduce((sum, value) => sum + value, 0) / 2000
      expect(store.moments(index).mean[0]).toBeCloseTo(mean, 6)
    }
    const wanted = Object.entries(seen).filter(([id]) => id.startsWith(`screen/${name}/`))
    expect(found).toEqual(Object.fromEntries(wanted))
    // The last tile of a row reaches past the image: zero there.
    const edge = await store.readTile(0, 3)
    expect([edge[2], edge[15], edge[16 + 2]]).toEqual([0, 0, 0])
    expect(readdirSync(path)).not.toContain('B')
    const bytes = readdirSync(path).reduce((sum, file) => sum + statSync(join(path, file)).size, 0)
    expect(bytes).toBeLessThan(100_000)
  })

  it('with channels chosen', async () => {
    const config = configOf('sharded', [{ name: 'actin', plane: 2 }])
    const path = join(folder, 'stores/chosen')
    await preprocess(
      { ...config, store: { ...config.store, path, tile: [16, 16], codec: 'zstd' } },
      recorder(),
    )
    using whole = await Store.open(join(folder, 'stores/sharded'))
    using store = await Store.open(path, { verify: true })
    expect(await readSite(store, 3)).toEqual((await readSite(whole, 3)).slice(2000))
  })

  it('into the same store, but for its bytes, as when they are converted', async () => {
    const made = smallScreen({ dtype: 'uint16', sites: 3, height: 20, width: 20 })
    const options = { tile: [10, 10] as [number, number] }
    const converted = order(made, options)
    await makeStore(made.screen, converted, recorder())
    const to = join(keptFolder(), 'directories')
    await exportStore(
      configSchema.parse({ store: { path: converted.store.path }, export: { path: to } }),
      recorder(),
    )
    using was = await Store.open(converted.store.path)
    for (const [place, ending] of [
      [converted.store.path, '.ozx'],
      [to, '.ome.zarr'],
    ] as const) {
      const fields = was.screen.sites.map(({ images }) =>
        join(place, (images[0] ?? '').replace('.ozx', ending)),
      )
      const screen = {
        ...made.screen,
        sites: made.screen.sites.map((site, i) => ({ ...site, images: [fields[i] ?? ''] })),
      }
      const wanted = { ...order(made, options), folder: place }
      await makeStore(screen, wanted, recorder())
      using store = await Store.open(wanted.store.path, { verify: true })
      expect(store.digest).toBe(was.digest)
      expect(await store.readTile(2, 1)).toEqual(await was.readTile(2, 1))
      expect(store.plateField(0)).toEqual(was.plateField(0))
      expect(await batchOf(store)).toEqual(await batchOf(was))
    }
  })

  it('and moved with their store, audited, exported not', async () => {
    const from = keptFolder()
    cpSync(join(folder, 'whole.ome.zarr'), join(from, 'one/whole.ome.zarr'), { recursive: true })
    cpSync(join(folder, 'whole.csv'), join(from, 'one/whole.csv'))
    const config = configOf('whole', undefined, join(from, 'one'))
    await preprocess(config, recorder())
    expect((await preprocess(config, recorder())).status).toBe('already done')
    renameSync(join(from, 'one'), join(from, 'two'))
    const moved = configOf('whole', undefined, join(from, 'two'))
    const path = moved.store?.path ?? ''
    using store = await Store.open(path, { verify: true })
    expect(hash(await readSite(store, 0))).toBe(seen['screen/whole/A1/0'])
    expect((await audit(moved, recorder())).figures).toMatchObject({ sites: 4, error: {} })
    const exporting = { ...moved, export: { path: join(from, 'out'), form: 'directory' as const } }
    await expect(exportStore(exporting, recorder())).rejects.toThrow('which need no export')
    rmSync(join(from, 'two/whole.ome.zarr/A/1/0/full'), { recursive: true })
    await expect(Store.open(path, { verify: true })).rejects.toMatchObject({
      _tag: 'ImageError',
      message: expect.stringMatching(/^image: .*whole\.ome\.zarr\/A\/1\/0: /),
    })
  })

  it.each([
    ['a chunk', 'summed', 'c/0/1/2', 100],
    ['a chunk of a shard', 'summed-shards', 'c/0/0/0', 100],
    ['the index of a shard', 'sharded', 'c/0/0/0', -20],
  ])('and checked where they have a CRC-32C: one byte of %s', async (_, name, file, at) => {
    const from = keptFolder()
    cpSync(join(folder, `${name}.ome.zarr`), join(from, `${name}.ome.zarr`), { recursive: true })
    cpSync(join(folder, `${name}.csv`), join(from, `${name}.csv`))
    const config = configOf(name, undefined, from)
    await preprocess(config, recorder())
    const field = join(from, `${name}.ome.zarr/B/3/0`)
    const bytes = readFileSync(join(field, 'full', file))
    const place = at < 0 ? bytes.length + at : at
    bytes[place] = (bytes[place] ?? 0) ^ 1
    writeFileSync(join(field, 'full', file), bytes)
    using store = await Store.open(config.store?.path ?? '')
    const broken = expect.stringMatching(
      /B\/3\/0: .*"crc32c".*: the chunk or index is damaged: checksum [0-9a-f]{8}, expected [0-9a-f]{8}\./,
    )
    await expect(readSite(store, 2)).rejects.toMatchObject({ _tag: 'ImageError', message: broken })
    expect(hash(await readSite(store, 3))).toBe(seen[`screen/${name}/B3/1`])
    const reporter = recorder()
    await expect(audit(config, reporter)).rejects.toMatchObject({ _tag: 'StoreError' })
    expect(reporter.events).toEqual([
      {
        ...{ type: 'finding', check: 'corrupt', severity: 'error' },
        ...{ where: `screen/${name}/B3/0`, what: broken },
      },
    ])
  })

  it('unless they are of another kind, or not there', async () => {
    await expect(preprocess(configOf('float'), recorder())).rejects.toMatchObject({
      _tag: 'ImageError',
      message: expect.stringMatching(/float\.ome\.zarr\/A\/1\/0: it holds uint32, expected uint8/),
    })
    const one = configOf('whole', [{ name: 'DNA' }])
    await expect(preprocess(one, recorder())).rejects.toThrow(/got 2 planes in the file/)
    writeFileSync(join(folder, 'gone.csv'), 'plate,form,row,column,field\ngone,ozx,A,1,0\n')
    await expect(preprocess(configOf('gone'), recorder())).rejects.toThrow(
      /1 site of 1 without any image.*gone\.ozx\/A\/1\/0 is missing/,
    )
  })
})
