import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { loadConfig, readScreen } from '@phenoprint/phenoprint'
import { root } from '../../scripts/setup/paths.mjs'
import { requirePeers } from '../../scripts/setup/peers.mjs'
import { simulatedScreen } from '../lib/images.mjs'
import { compare, publish } from '../lib/report.mjs'
import { Worker } from '../lib/worker.mjs'

/**
 * A whole screen of PNGs that the system has in memory, into the store: with zstd and without. The
 * peer writes arrays as they are; ours also counts histograms, hashes the pixels, and waits until the
 * disk has them. Both have all cores.
 */

const runs = 5
const codecs = ['zstd', 'none']
const cores = os.availableParallelism()
const work = join(root, '.cache/bench/ingest')
fs.mkdirSync(work, { recursive: true })
const python = await requirePeers()
const { file, set } = await simulatedScreen()
const { screen: section } = loadConfig(file, { set })
if (section === undefined) throw new Error(`${file} describes no screen`)
const sites = (await readScreen(section)).sites.map(({ images }) => images)
const list = join(work, 'sites.json')
fs.writeFileSync(list, JSON.stringify(sites))

const own = new Worker(process.execPath, [
  join(root, 'bench/ingest/ours.mjs'),
  file,
  join(work, 'store'),
  ...set,
])
const peer = new Worker(python, [join(root, 'bench/ingest/peer.py')])
/** @type {Record<string, import('../lib/report.mjs').Case>} */
const cases = Object.fromEntries(codecs.map((codec) => [codec, { ours: [], peer: [] }]))
for (let run = 0; run <= runs; run++) {
  for (const codec of codecs) {
    const [seconds = 0] = await own.ask(codec)
    const [theirs = 0] = await peer.ask(`${list} ${join(work, 'npy')}`)
    if (run === 0) continue // a warm-up
    cases[codec]?.ours.push(sites.length / seconds / cores)
    cases[codec]?.peer.push(sites.length / theirs / cores)
  }
}
own.close()
peer.close()
fs.rmSync(work, { recursive: true })
const result = compare({ bench: 'ingest', cases, unit: 'sites/s per core', better: 'higher' })
publish({ ...result, settings: { sites: sites.length, threads: cores } })
