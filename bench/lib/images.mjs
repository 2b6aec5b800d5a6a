import fs from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadConfig, silentReporter, simulate } from '@phenoprint/phenoprint'
import { root } from '../../scripts/setup/paths.mjs'

const file = fileURLToPath(new URL('screen.yml', import.meta.url))
const folder = join(root, '.cache/bench/screen')

/**
 * A synthetic screen in the layout of RxRx1 and its true image size, rendered once, into .cache.
 *
 * @param {readonly string[]} [set] more settings, as `--set` takes them.
 * @returns {Promise<{ file: string, set: string[], folder: string }>} the configuration that reads it,
 *   what is set in it, and the folder of its images.
 */
export async function simulatedScreen(set = []) {
  const places = [`simulation.folder=${folder}`, `screen.folder=${folder}`]
  await simulate(loadConfig(file, { set: places }), silentReporter)
  return { file, set: [...places, ...set], folder }
}

/**
 * Folders of PNGs, 512 x 512 pixels of 8 bits: the sample of RxRx1 where the data folder has it, and
 * the synthetic screen. They are packed otherwise, so take other times.
 *
 * @returns {Promise<{ name: 'rxrx1' | 'synthetic', files: string[] }[]>}
 */
export async function imageFolders() {
  const genuine = resolve(root, process.env.PHENOPRINT_DATA || '../shared/data', 'rxrx1')
  const synthetic = await simulatedScreen()
  return [
    { name: /** @type {const} */ ('rxrx1'), files: images(genuine) },
    { name: /** @type {const} */ ('synthetic'), files: images(synthetic.folder) },
  ].filter(({ files }) => files.length > 0)
}

/** @param {string} folder */
function images(folder) {
  if (!fs.existsSync(folder)) return []
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.png'))
    .sort()
    .map((name) => join(folder, name))
}
