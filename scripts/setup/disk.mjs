import fs from 'node:fs'
import { dirname } from 'node:path'
import { SetupFault } from './fault.mjs'
import { size } from './say.mjs'

/**
 * Stops before a disk fills half way through.
 *
 * @param {string} folder where the bytes will go; it need not exist yet.
 * @param {number} needed bytes.
 * @param {string} what such as `a private copy of libtorch`.
 * @throws {SetupFault} when less is free.
 */
export function requireDisk(folder, needed, what) {
  const free = freeBytes(folder)
  if (free >= needed) return
  throw new SetupFault(
    `no disk space for ${what}: it needs ${size(needed)}, and ${folder} has ${size(free)} free`,
    {
      cures: [
        'free some space there, then run this again',
        'PHENOPRINT_CACHE=/a/folder/with/space keeps it elsewhere',
        'PHENOPRINT_LIBTORCH=/path/to/libtorch uses one that is on this machine already',
      ],
    },
  )
}

/** @param {string} folder */
function freeBytes(folder) {
  let there = folder
  while (!fs.existsSync(there)) there = dirname(there)
  const { bavail, bsize } = fs.statfsSync(there)
  return bavail * bsize
}
