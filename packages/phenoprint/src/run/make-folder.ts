import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errorCode } from '../error-code.js'
import { diskFault } from './disk-fault.js'

const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'it is a file',
  ENOTDIR: 'one of the names in it is a file',
  ENAMETOOLONG: 'the name is too long for the file system',
  ELOOP: 'its links lead round in a circle',
  EINVAL: 'the file system does not take such a name',
  ENOENT: 'the file system takes no folders there',
}

/**
 * Makes a folder that a person has named, and those above it. One that is there already is fine.
 *
 * @param refuse Makes the error for a path that can be no folder, from the reason in words.
 * @throws {MachineError} when the disk is full or cannot be written.
 */
export function makeFolder(folder: string, refuse: (reason: string) => Error): void {
  try {
    makeWithParents(folder)
  } catch (cause) {
    const reason = reasons[errorCode(cause) ?? '']
    if (reason === undefined) throw diskFault(cause, folder)
    const error = refuse(reason)
    error.cause = cause
    throw error
  }
}

/** One by one: Node's own way to make all at once never returns where there is none to be had, as in /proc. */
function makeWithParents(folder: string): void {
  if (isFolder(folder)) return
  const parent = dirname(folder)
  if (parent !== folder) makeWithParents(parent)
  try {
    mkdirSync(folder)
  } catch (cause) {
    // Another process may have made it in the meantime.
    if (errorCode(cause) !== 'EEXIST' || !isFolder(folder)) throw cause
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
