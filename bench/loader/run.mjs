import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { loadConfig, preprocess, readScreen, Store, silentReporter } from '@phenoprint/phenoprint'
import { root } from '../../scripts/setup/paths.mjs'
import { requirePeers } from '../../scripts/setup/peers.mjs'
import { simulatedScreen } from '../lib/images.mjs'
import { compare, publish } from '../lib/report.mjs'
import { Worker } from '../lib/worker.mjs'

/**
 * Tiles of 6 x 256 x 256 a second and core, in random order from files that the system has in memory:
 * read, turned by a symmetry, normalised to mean 0 and deviation 1 of the tile. Both sides have all
 * cores: ours the threads of one process, the peers two worker processes.
 */

const tiles = 4096
const runs = 5
const peerNames = ['dataloader', 'dataloader-mmap', 'zarr-python']
const cores = os.availableParallelism()
const folder = join(root, '.cache/bench/loader')
fs.mkdirSync(folder, { recursive: true })
const python = await requirePeers()

const { file, set } = await simulatedScreen([`store.path=${folder}/store`])
const config = loadConfig(file, { set })
if (config.screen === undefined) throw new Error(`${file} describes no screen`)
await preprocess(config, silentReporter)
const list = join(folder, 'sites.json')
const peer = new Worker(python, [join(root, 'bench/loader/peer.py')])
const screen = await readScreen(config.screen)
const imagesOf = new Map(screen.sites.map(({ id, images }) => [id, images]))
const store = await Store.open(join(folder, 'store'))
fs.writeFileSync(list, JSON.stringify(store.screen.sites.map(siteOf)))
await peer.ask(`make ${folder} ${list}`)
store.close()

const own = new Worker(process.execPath, [
  join(root, 'bench/loader/ours.mjs'),
  file,
  join(folder, 'store'),
])
/** @type {Record<string, import('../lib/report.mjs').Case>} */
const cases = Object.fromEntries(peerNames.map((name) => [name, { ours: [], peer: [] }]))
let memory = 0
for (let run = 0; run <= runs; run++) {
  const [seconds = 0, used = 0] = await own.ask(String(tiles))
  memory = Math.max(memory, used)
  for (const name of peerNames) {
    const [theirs = 0] = await peer.ask(`${name} ${folder} ${list} ${tiles}`)
    if (run === 0) continue // a warm-up
    cases[name]?.ours.push(tiles / seconds / cores)
    cases[name]?.peer.push(tiles / theirs / cores)
  }
}
own.close()
peer.close()
const result = compare({ bench: 'loader', cases, unit: 'tiles/s per core', better: 'higher' })
process.stderr.write(`  memory of ours: ${memory.toFixed(0)} MiB private\n`)
publish({ ...result, settings: { threads: cores, privateMiB: Math.round(memory) } })

/**
 * Where a peer finds a site: its images, its array, its plate's archive and its group there.
 *
 * @param {{ id: string, images: readonly string[] }} site of the store.
 * @param {number} index
 */
function siteOf({ id, images: [place = ''] }, index) {
  const [plate = '', ...group] = place.split('/')
  return {
    images: imagesOf.get(id),
    npy: `${index}.npy`,
    plate: join(folder, 'store', plate),
    group: group.join('/'),
  }
}
