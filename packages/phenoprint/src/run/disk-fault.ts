import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { errorCode } from '../error-code.js'
import { MachineError } from '../errors.js'

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
  EROFS: 'the disk is read-only',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EIO: 'the disk reported an input/output error',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files on this machine',
  EFBIG: 'the file would be larger than the file system or the limit of this process allows',
}

/**
 * What the machine is to blame for, told as a MachineError; any other fault as it came.
 *
 * @param cause What a call to the file system threw.
 * @param path What was being written.
 * @param bytes How much was to be written, where that is known.
 */
export function diskFault(cause: unknown, path: string, bytes?: number): unknown {
  const code = errorCode(cause)
  const reason = code === undefined ? undefined : reasons[code]
  if (reason === undefined) return cause
  const amount = bytes === undefined ? '' : ` (${bytes.toLocaleString('en')} bytes)`
  const full = code === 'ENOSPC' || code === 'EDQUOT'
  const next = full
    ? `${freeSpace(path)}Free some space there and run the same command again: it goes on where it stopped.`
    : 'Mend that, or choose another folder, and run the same command again.'
  return new MachineError(`disk: cannot write ${path}${amount}: ${reason}. ${next}`, { cause })
}

function freeSpace(path: string): string {
  try {
    const { bavail, bsize } = statfsSync(dirname(path))
    return `It has ${(bavail * bsize).toLocaleString('en')} bytes free. `
  } catch {
    return ''
  }
}
