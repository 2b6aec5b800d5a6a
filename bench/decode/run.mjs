import fs from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/setup/paths.mjs'
import { requireNodePeers, requirePeers } from '../../scripts/setup/peers.mjs'
import { imageFolders } from '../lib/images.mjs'
import { compare, publish } from '../lib/report.mjs'
import { Worker } from '../lib/worker.mjs'

/**
 * Whole images from files that the system has in memory, one after the other on one thread: of 8 bits
 * as RxRx1 has them, and of 16. All give the same pixels, or the bench fails.
 */

const runs = 5
const count = 120
const work = join(root, '.cache/bench/decode')
const here = (/** @type {string} */ file) => join(root, 'bench/decode', file)
fs.mkdirSync(work, { recursive: true })
const python = await requirePeers()
const packages = await requireNodePeers()
const [folder] = await imageFolders()
if (folder === undefined) throw new Error('there are no images')

const byPython = new Worker(python, [here('peer.py')])
const narrow = listed('narrow', folder.files.slice(0, count))
const wideFolder = join(work, 'wide')
fs.rmSync(wideFolder, { recursive: true, force: true })
await byPython.ask(`make ${narrow} ${wideFolder}`)
const wide = listed(
  'wide',
  fs.readdirSync(wideFolder).map((name) => join(wideFolder, name)),
)

const own = new Worker(process.execPath, [here('ours.mjs')])
const ownPortable = new Worker(process.execPath, [here('ours.mjs')], {
  PHENOPRINT_PIXELS: 'portable',
})
const byNode = (/** @type {string} */ name) =>
  new Worker(process.execPath, [here('node_peer.mjs'), name, packages])
const [sharp, napi] = [byNode('sharp'), byNode('napi')]
/** @type {Record<string, (list: string) => Promise<number[]>>} */
const peers = {
  skimage: (list) => byPython.ask(`skimage ${list}`),
  pil: (list) => byPython.ask(`pil ${list}`),
  sharp: (list) => sharp.ask(list),
  napi: (list) => napi.ask(list),
  portable: (list) => ownPortable.ask(list),
}

/** @type {Record<string, import('../lib/report.mjs').Case>} */
const cases = {}
for (let run = 0; run <= runs; run++) {
  for (const [list, suffix] of /** @type {const} */ ([
    [narrow, ''],
    [wide, '/16-bit'],
  ])) {
    const [seconds = 0, sum] = await own.ask(list)
    for (const [name, ask] of Object.entries(peers)) {
      const [theirs = 0, theirSum] = await ask(list)
      if (theirSum !== sum) throw new Error(`${name} gives other pixels: ${theirSum}, not ${sum}`)
      if (run === 0) continue // a warm-up
      cases[name + suffix] ??= { ours: [], peer: [] }
      cases[name + suffix]?.ours.push(count / seconds)
      cases[name + suffix]?.peer.push(count / theirs)
    }
  }
}
for (const worker of [byPython, own, ownPortable, sharp, napi]) worker.close()
const result = compare({ bench: 'decode', cases, unit: 'images/s', better: 'higher' })
publish({ ...result, settings: { images: count, genuine: folder.name === 'rxrx1' ? 1 : 0 } })

/**
 * @param {string} name
 * @param {readonly string[]} files
 */
function listed(name, files) {
  const list = join(work, `${name}.txt`)
  fs.writeFileSync(list, files.join('\n'))
  return list
}
