import fs from 'node:fs'
import { join, resolve } from 'node:path'
import { loadConfig, preprocess, readScreen, Store, silentReporter } from '@phenoprint/phenoprint'
import { root } from '../../scripts/setup/paths.mjs'
import { simulatedScreen } from '../lib/images.mjs'
import { compare, publish } from '../lib/report.mjs'

/**
 * The files of a store, statistics and all, beside the images that it was made from and the arrays
 * that the reference writes: of the sample of RxRx1 where the data folder has it, and of the synthetic
 * screen. Sizes are the same in every run, so there is one.
 */

const npyHeader = 128
const work = join(root, '.cache/bench/store-size')
const synthetic = await simulatedScreen()
const genuine = resolve(root, process.env.PHENOPRINT_DATA || '../shared/data', 'rxrx1')
const screens = [
  {
    suffix: '',
    file: join(root, 'configs/rxrx1/preprocess.yml'),
    set: [`screen.folder=${genuine}`],
    folder: genuine,
  },
  { suffix: '/synthetic', ...synthetic },
].filter(({ folder }) => fs.existsSync(folder))

/** @type {Record<string, import('../lib/report.mjs').Case>} */
const cases = {}
for (const { suffix, file, set } of screens) {
  const path = join(work, 'store')
  fs.rmSync(work, { recursive: true, force: true })
  const config = loadConfig(file, { set: [...set, `store.path=${path}`] })
  if (config.screen === undefined) throw new Error(`${file} describes no screen`)
  await preprocess(config, silentReporter)
  const store = await Store.open(path)
  const stored = new Set(store.screen.sites.map(({ id }) => id))
  const sites = (await readScreen(config.screen)).sites.filter(({ id }) => stored.has(id))
  const { channels, height, width, dtype } = store.tiling.image
  const pixels = channels * height * width * (dtype === 'uint8' ? 1 : 2)
  const files = sites.flatMap(({ images }) => images)
  store.close()
  const perSite = (/** @type {number} */ bytes) => bytes / sites.length / 1024
  const ours = perSite(bytesOf(fs.readdirSync(path).map((name) => join(path, name))))
  cases[`png${suffix}`] = { ours: [ours], peer: [perSite(bytesOf(files))] }
  cases[`npy${suffix}`] = { ours: [ours], peer: [perSite((npyHeader + pixels) * sites.length)] }
}
fs.rmSync(work, { recursive: true, force: true })
publish(compare({ bench: 'store-size', cases, unit: 'KiB a site', better: 'lower' }))

/** @param {readonly string[]} files */
function bytesOf(files) {
  return files.reduce((sum, file) => sum + fs.statSync(file).size, 0)
}
