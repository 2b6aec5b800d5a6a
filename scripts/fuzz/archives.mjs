import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { withCrc32c } from '@phenoprint/pixels'
import { StoreError } from '../../packages/phenoprint/dist/errors.js'
import { parseShardIndex } from '../../packages/phenoprint/dist/store/shard.js'
import { ZipReader } from '../../packages/phenoprint/dist/store/zip-reader.js'
import { ZipWriter } from '../../packages/phenoprint/dist/store/zip-writer.js'

/**
 * Damages archives and shard indices and has them read, for so many seconds. A StoreError is the right
 * answer to a broken one; anything else that is thrown ends the run.
 *
 * @param {number} seconds
 * @param {number} seed
 * @returns {{ files: number, refused: number }}
 */
export function fuzzArchives(seconds, seed) {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'phenoprint-fuzz-'))
  const path = join(folder, 'plate.zip')
  const below = numbers(seed)
  const end = performance.now() + 1000 * seconds
  let files = 0
  let refused = 0
  try {
    const zip = new ZipWriter(path)
    zip.add('zarr.json', Buffer.from('{}'))
    zip.add('B/02/0/c', Buffer.alloc(500, 7))
    zip.add('empty', Buffer.alloc(0))
    zip.finish('a comment')
    const whole = Uint8Array.from(fs.readFileSync(path))
    while (performance.now() < end) {
      for (const read of [() => readArchive(path, damaged(whole, below)), () => readIndex(below)]) {
        files += 1
        try {
          read()
        } catch (error) {
          if (!(error instanceof StoreError)) throw error
          refused += 1
        }
      }
    }
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
  return { files, refused }
}

/**
 * @param {string} path
 * @param {Uint8Array} bytes
 */
function readArchive(path, bytes) {
  fs.writeFileSync(path, bytes)
  const zip = ZipReader.open(path)
  try {
    for (const name of zip.names) zip.entry(name)
  } finally {
    zip[Symbol.dispose]()
  }
}

/**
 * An index of some chunks, whose checksum is right: what lies behind it is reached.
 *
 * @param {(bound: number) => number} below
 */
function readIndex(below) {
  const content = new Uint8Array(16 * (1 + below(6)))
  const view = new DataView(content.buffer)
  for (let at = 0; at < content.length; at += 8) view.setBigUint64(at, BigInt(below(200)), true)
  for (let times = below(4); times > 0; times--) {
    const at = 8 * below(content.length / 8)
    content.fill(below(2) === 0 ? 255 : below(256), at, at + 1 + below(8))
  }
  const shardBytes = below(400)
  const { offsets, lengths } = parseShardIndex(withCrc32c(content), shardBytes)
  offsets.forEach((offset, i) => {
    if (!(offset + (lengths[i] ?? 0) <= shardBytes)) throw new Error('a chunk leaves its shard')
  })
}

/**
 * A copy of which some bytes are changed, and the end is missing at times.
 *
 * @param {Uint8Array} whole
 * @param {(bound: number) => number} below
 */
function damaged(whole, below) {
  const bytes = whole.slice(0, below(6) === 0 ? below(whole.length) : whole.length)
  for (let times = 1 + below(3); times > 0 && bytes.length > 0; times--) {
    // The directory and its end are the last third.
    const at = below(2) === 0 ? below(bytes.length) : bytes.length - 1 - below(bytes.length / 3)
    bytes.fill(below(3) === 0 ? 255 : below(256), at, at + 1 + below(4))
  }
  return bytes
}

/**
 * Whole numbers below a bound, the same ones for the same seed.
 *
 * @param {number} seed
 */
function numbers(seed) {
  let state = seed >>> 0
  return (/** @type {number} */ bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
}
