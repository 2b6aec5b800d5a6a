import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import FileSystemStore from '@zarrita/storage/fs'
import { afterAll, describe, expect, it } from 'vitest'
import * as zarrita from 'zarrita'
import { audit } from '../audit/audit.js'
import { configSchema } from '../config/config.js'
import { makeStore } from '../store/make-store.js'
import { preprocess } from '../store/preprocess.js'
import { order, recorder, smallScreen } from '../store/small-screen.test.support.js'
import { Store } from '../store/store.js'
import { readSite } from '../store/verify.js'
import { keptFolder, removeKeptFolders } from '../testing/kept-folder.js'
import { askPython } from '../testing/python.js'
import { exportStore } from './export.js'

afterAll(removeKeptFolders)

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const sample = resolve(root, process.env.PHENOPRINT_DATA ?? '../shared/data', 'rxrx1')

/** A small store, and the configuration that exports it. */
async function made(of: Parameters<typeof smallScreen>[0] = {}) {
  const screen = smallScreen(of)
  const wanted = order(screen)
  await makeStore(screen.screen, wanted, recorder())
  const store = wanted.store.path
  const to = join(keptFolder(), 'directories')
  return { ...screen, store, to, config: configOf(store, to) }
}

function configOf(store: string, to: string, form: 'directory' | 'archive' = 'directory') {
  return configSchema.parse({ store: { path: store }, export: { path: to, form } })
}

/** Every pixel of directories, as zarr-python reads them: SHA-256 by site; what breaks the rules, raised. */
const script = `
import hashlib, zarr
from ome_zarr_models.v05 import HCS, Image
sites = {}
for path in d:
    root = zarr.open_group(path, mode='r')
    for well in HCS.from_zarr(root).attributes.ome.plate.wells:
        for image in root[well.path].attrs['ome']['well']['images']:
            field = root[well.path][image['path']]
            Image.from_zarr(field)
            sites[field.attrs['phenoprint']['site']] = hashlib.sha256(np.ascontiguousarray(field['0'][:]).tobytes()).hexdigest()
print(json.dumps(sites))`

/**
 * What the JSON schemas of OME-Zarr 0.5 say against each zarr.json below directories: those of a plate, a
 * well or an image, whichever it claims to be. And how many of each there are.
 */
const schemas = `
import glob, importlib.util, pathlib
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
package = importlib.util.find_spec('ngff_zarr').submodule_search_locations[0]
schemas = {p.stem: json.loads(p.read_text()) for p in (pathlib.Path(package) / 'spec/0.5/schemas').glob('*.schema')}
resources = [(s['$id'], Resource.from_contents(s, default_specification=DRAFT202012)) for s in schemas.values()]
registry = Registry().with_resources(resources)
counts, faults = {}, []
for file in [f for path in d for f in glob.glob(path + '/**/zarr.json', recursive=True)]:
    attributes = json.load(open(file)).get('attributes', {})
    if 'ome' not in attributes: continue
    kind = {'plate': 'strict_plate', 'well': 'strict_well', 'multiscales': 'image'}[next(k for k in ('plate', 'well', 'multiscales') if k in attributes['ome'])]
    counts[kind] = counts.get(kind, 0) + 1
    faults += [error.message for error in Draft202012Validator(schemas[kind], registry=registry).iter_errors(attributes)]
print(json.dumps({'counts': counts, 'faults': faults}))`

/** SHA-256 of the pixels of each site of a store, as its digests have it. */
function digests(store: Store): Record<string, string> {
  return Object.fromEntries(
    store.screen.plates.flatMap((_, plate) => {
      const all = Buffer.from(store.pixelDigests(plate))
      return store
        .plateSites(plate)
        .map((site, row) => [
          store.screen.sites[site]?.id,
          all.toString('hex', 32 * row, 32 * row + 32),
        ])
    }),
  )
}

function directories(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ome.zarr'))
    .map((name) => join(folder, name))
}

describe('export', () => {
  it('writes directories that zarr-python and zarrita read equal, as the schemas and ome-zarr-models want', async () => {
    const { store, to, config, pixels } = await made({ dtype: 'uint16', sites: 3 })
    const { status, figures } = await exportStore(config, recorder())
    expect({ status, figures }).toMatchObject({
      status: 'done',
      figures: { plates: 2, written: 2 },
    })
    using opened = await Store.open(store)
    expect(askPython(script, directories(to))).toEqual(digests(opened))
    expect(askPython(schemas, directories(to))).toEqual({
      counts: { strict_plate: 2, strict_well: 6, image: 18 },
      faults: [],
    })
    for (const [site, { images }] of opened.screen.sites.entries()) {
      const path = join(to, (images[0] ?? '').replace('.ozx', '.ome.zarr'), '0')
      const array = await zarrita.open.v3(zarrita.root(new FileSystemStore(path)), {
        kind: 'array',
      })
      expect((await zarrita.get(array)).data).toEqual(pixels[site])
    }
  })

  it('packs them again into the same bytes, with more than ten chunks of histograms too', async () => {
    const { store, to, config } = await made({
      unitKind: 'image',
      wells: ['365', '5', 'x y'],
      sites: 60,
      dtype: 'uint16',
      height: 4,
      width: 4,
      channels: 1,
      plates: ['1'],
    })
    await exportStore(config, recorder())
    const [plate = ''] = directories(to)
    expect(readdirSync(join(plate, 'statistics/histogram/c')).length).toBeGreaterThan(10)
    const again = join(keptFolder(), 'again')
    await exportStore(configOf(to, again, 'archive'), recorder())
    expect(readdirSync(again).sort()).toEqual(['E1__1.ozx', 'screen.json'])
    for (const name of readdirSync(again)) {
      expect(readFileSync(join(again, name)).equals(readFileSync(join(store, name))), name).toBe(
        true,
      )
    }
    using _store = await Store.open(again, { verify: true })
  })

  it('goes on with what is missing, and leaves no half plate', async () => {
    const { to, config } = await made()
    await exportStore(config, recorder())
    const [first = '', second = ''] = directories(to)
    rmSync(second, { recursive: true })
    mkdirSync(`${second}.part`)
    writeFileSync(join(`${second}.part`, 'rest'), '')
    expect((await exportStore(config, recorder())).figures).toMatchObject({ written: 1 })
    expect(existsSync(`${second}.part`)).toBe(false)
    expect((await exportStore(config, recorder())).status).toBe('already done')
    writeFileSync(join(first, 'zarr.json'), '{}')
    await expect(exportStore(config, recorder())).rejects.toMatchObject({
      _tag: 'StoreError',
      message: expect.stringContaining('does not hold the plate of'),
    })
  })

  it('packs no directory with files missing or too many, and writes into no store', async () => {
    const { store, to, config } = await made()
    await exportStore(config, recorder())
    const [plate = ''] = directories(to)
    const back = configOf(to, join(keptFolder(), 'again'), 'archive')
    writeFileSync(join(plate, 'stranger'), '')
    await expect(exportStore(back, recorder())).rejects.toThrow('stranger is not part of a plate')
    rmSync(join(plate, 'stranger'))
    rmSync(join(plate, 'B/02/0/0/c/0/0/0'))
    await expect(exportStore(back, recorder())).rejects.toThrow('B/02/0/0/c/0/0/0 is missing')
    await expect(exportStore(configOf(store, store), recorder())).rejects.toMatchObject({
      _tag: 'ConfigError',
    })
  })
})

it.skipIf(!existsSync(sample))(
  'the RxRx1 sample goes through preprocess, audit and export, and zarr-python reads the same pixels (needs the data folder)',
  async () => {
    const folder = keptFolder()
    const config = configSchema.parse({
      screen: {
        reader: 'rxrx1',
        name: 'RxRx1',
        folder: sample,
        onMissing: { image: 'skip', channel: 'skip' },
      },
      store: { path: join(folder, 'store') },
      export: { path: join(folder, 'directories') },
    })
    await preprocess(config, recorder())
    expect((await audit(config, recorder())).figures).toMatchObject({ sites: 18, error: {} })
    await exportStore(config, recorder())
    const pixels = `
import skimage.io, zarr, glob, os
seen = {}
for path in sorted(glob.glob(d['directories'] + '/*.ome.zarr')):
    root = zarr.open_group(path, mode='r')
    for well in root.attrs['ome']['plate']['wells']:
        for image in root[well['path']].attrs['ome']['well']['images']:
            field = root[well['path']][image['path']]
            sources = [os.path.join(d['sample'], name) for name in field.attrs['phenoprint']['sources']]
            images = np.stack([skimage.io.imread(name) for name in sources])
            seen[field.attrs['phenoprint']['site']] = bool(np.array_equal(images, field['0'][:]))
print(json.dumps(seen))`
    using store = await Store.open(join(folder, 'store'))
    expect((await readSite(store, 0)).length).toBe(6 * 512 * 512)
    const same = Object.fromEntries(store.screen.sites.map(({ id }) => [id, true]))
    expect(askPython(pixels, { directories: join(folder, 'directories'), sample })).toEqual(same)
  },
)
