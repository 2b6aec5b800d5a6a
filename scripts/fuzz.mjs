import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { runMain, SetupFault } from './setup/fault.mjs'
import { refuseUnknown } from './setup/options.mjs'
import { root } from './setup/paths.mjs'

const help = `npm run fuzz [-- OPTIONS]

Has damaged files read. First PNGs and zstd frames, by the native code, compiled with the address and the
undefined-behaviour sanitiser; then plate archives and shard indices. Exit code 1 at the first fault, which
is named together with the seed. Needs npm run setup, and the headers of libdeflate and zstd.

Options:
  --seconds N    for each of the two; 600 unless given
  --seed N       1 unless given`

const sources = ['fuzz', 'png', 'unfilter', 'frames', 'crc32c']
const flags =
  '-std=c++20 -g -O1 -Wall -Wextra -fsanitize=address,undefined -fno-sanitize-recover=all'

async function main() {
  const rest = process.argv.slice(2)
  if (rest.includes('--help')) return console.log(help)
  const seconds = takeNumber(rest, '--seconds', 600)
  const seed = takeNumber(rest, '--seed', 1)
  refuseUnknown(rest, 'npm run fuzz')

  const folder = join(root, '.cache/fuzz')
  fs.mkdirSync(folder, { recursive: true })
  const program = join(folder, 'fuzz')
  const files = sources.map((name) => join(root, `packages/pixels/native/${name}.cc`))
  const words = [...flags.split(' '), ...files, '-ldeflate', '-lzstd', '-o', program]
  execFileSync(process.env.CXX ?? 'g++', words, { stdio: 'inherit' })
  const { status } = spawnSync(program, [String(seconds), String(seed)], { stdio: 'inherit' })
  if (status !== 0) {
    console.error(`fuzz: a fault in the native code, seed ${seed}`)
    return 1
  }
  const { fuzzArchives } = await import('./fuzz/archives.mjs')
  const archives = fuzzArchives(seconds, seed)
  console.log(`${archives.files} archives and shard indices, ${archives.refused} of them refused`)
  console.log('fuzz: clean')
}

/**
 * Takes an option and its number out of a command line.
 *
 * @param {string[]} words
 * @param {string} name
 * @param {number} otherwise
 */
function takeNumber(words, name, otherwise) {
  const at = words.indexOf(name)
  if (at < 0) return otherwise
  const [, text] = words.splice(at, 2)
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new SetupFault(`${name}: got ${text}, expected a whole number above 0`, { exitCode: 2 })
}

await runMain(main)
