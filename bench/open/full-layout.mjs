import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { join } from 'node:path'
import { loadConfig, preprocess, readScreen, Store, silentReporter } from '@phenoprint/phenoprint'
import { simulatedScreen } from '../lib/images.mjs'

/** Experiments of each cell type in RxRx1, four plates of 308 wells each, two sites a well. */
const experiments = { HUVEC: 24, RPE: 11, HEPG2: 11, U2OS: 5 }
const platesEach = 4
const rows = 'BCDEFGHIJKLMNO'
const columns = Array.from({ length: 22 }, (_, i) => String(i + 2).padStart(2, '0'))
const sitesEach = 2
const treatments = 1108

/**
 * A store as that of all of RxRx1: one plate of the synthetic screen's images, again and again in its
 * wells, and every other plate a link to it, under its own name, with labels of its own.
 *
 * @param {string} folder
 * @returns {Promise<string>} the path of the store.
 */
export async function fullLayout(folder) {
  const path = join(folder, 'store')
  const screenFile = join(path, 'screen.json')
  if (fs.existsSync(screenFile)) return path
  fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(path, { recursive: true })
  const plate = await onePlate(folder)
  const stored = JSON.parse(fs.readFileSync(join(plate, 'screen.json'), 'utf8'))
  const [file] = stored.files
  const places = stored.screen.sites.map(
    (/** @type {{ images: string[] }} */ { images: [place = ''] }) =>
      place.slice(place.indexOf('/')),
  )
  const plates = Object.entries(experiments).flatMap(([cellType, count]) =>
    Array.from(
      { length: count },
      (_, i) => `${cellType}-${String(i + 1).padStart(2, '0')}`,
    ).flatMap((experiment) =>
      Array.from({ length: platesEach }, (_, i) => ({
        id: `${experiment}/${i + 1}`,
        experiment,
        cellType,
        plate: String(i + 1),
        units: wells.map((_, well) => well),
      })),
    ),
  )
  const screen = { ...stored.screen, name: 'full layout (synthetic)', classes: treatments, plates }
  screen.units = plates.flatMap(({ id, experiment, plate: number }, index) =>
    wells.map((well, place) => ({
      id: `${id}/${well}`,
      plate: index,
      well,
      role: 'treatment',
      label: (index * wells.length + place) % treatments,
      part: 'train',
      code: `${experiment}_${number}_${well}`,
      sites: Array.from(
        { length: sitesEach },
        (_, s) => (index * wells.length + place) * sitesEach + s,
      ),
    })),
  )
  screen.plates = plates.map((each, index) => ({
    ...each,
    units: wells.map((_, place) => index * wells.length + place),
  }))
  screen.sites = plates.flatMap(({ id }, index) =>
    places.map((/** @type {string} */ place, /** @type {number} */ i) => ({
      id: `${id}/${wells[Math.floor(i / sitesEach)]}/${(i % sitesEach) + 1}`,
      site: String((i % sitesEach) + 1),
      unit: index * wells.length + Math.floor(i / sitesEach),
      images: [`${nameOf(index)}${place}`],
    })),
  )
  const made = await Store.open(plate)
  const pixels = made.pixelDigests(0)
  made.close()
  const files = plates.map((_, index) => {
    fs.linkSync(join(plate, file.name), join(path, nameOf(index)))
    const sites = screen.sites.slice(index * places.length, (index + 1) * places.length)
    return { ...file, name: nameOf(index), digest: plateDigest(sites, pixels) }
  })
  // As docs/formats.md has it.
  const content = { image: stored.image, screen, plates: files.map(({ digest }) => digest) }
  const digest = createHash('sha256').update(JSON.stringify(content)).digest('hex')
  fs.writeFileSync(`${screenFile}.part`, JSON.stringify({ ...stored, digest, files, screen }))
  fs.renameSync(`${screenFile}.part`, screenFile)
  return path

  /** @param {number} index */
  function nameOf(index) {
    return `${plates[index]?.id.replace('/', '__')}.ozx`
  }
}

/**
 * As docs/formats.md has it.
 *
 * @param {readonly { id: string }[]} sites
 * @param {Uint8Array} pixels `[site, 32]`
 */
function plateDigest(sites, pixels) {
  const hash = createHash('sha256')
  sites.forEach(({ id }, i) => {
    hash.update(`${JSON.stringify(id)} `).update(pixels.subarray(32 * i, 32 * i + 32))
  })
  return hash.digest('hex')
}

const wells = [...rows].flatMap((row) => columns.map((column) => `${row}${column}`))

/**
 * @param {string} folder
 * @returns {Promise<string>} the path of a store of one whole plate.
 */
async function onePlate(folder) {
  const synthetic = await simulatedScreen()
  const { screen: section } = loadConfig(synthetic.file, { set: synthetic.set })
  if (section === undefined) throw new Error(`${synthetic.file} describes no screen`)
  const sources = (await readScreen(section)).sites.map(({ images: [first = ''] }) => first)
  const images = sources.map((image) => image.replace(/_w1\.png$/, ''))
  const lines = wells.flatMap((well) => Array.from({ length: sitesEach }, (_, i) => [well, i + 1]))
  const table = lines.map(([well, site], i) => `1,${well},${site},A,${images[i % images.length]}`)
  fs.writeFileSync(
    join(folder, 'plate.csv'),
    ['plate,well,site,label,image', ...table, ''].join('\n'),
  )
  const config = join(folder, 'plate.yml')
  fs.writeFileSync(
    config,
    `screen:
  reader: table
  name: one plate (synthetic)
  folder: ${folder}
  table: plate.csv
  images: '{image}_w{channel}.png'
  columns: { plate: plate, well: well, site: site, label: label }
  channels: [${[1, 2, 3, 4, 5, 6].map((file) => `{ name: w${file}, file: '${file}' }`).join(', ')}]
store: { path: ${join(folder, 'plate')}, tile: [256, 256] }
`,
  )
  await preprocess(loadConfig(config, {}), silentReporter)
  return join(folder, 'plate')
}
