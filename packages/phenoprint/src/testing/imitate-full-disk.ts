import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/**
 * Loaded before a program with `node --import`: after 256 KiB its writes fail as on a full disk.
 * For machines on which a test may not mount a small one; counts bytes and never gives them back.
 */
let left = 256 * 1024
const { writeSync } = fs

function write(file: number, data: string | Uint8Array, ...rest: unknown[]): number {
  if (file > 2) left -= typeof data === 'string' ? Buffer.byteLength(data) : data.byteLength
  if (left >= 0) return Reflect.apply(writeSync, fs, [file, data, ...rest])
  throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
}

Object.assign(fs, { writeSync: write })
syncBuiltinESMExports()
