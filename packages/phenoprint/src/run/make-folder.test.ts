import { existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MachineError, UsageError } from '../errors.js'
import { folderOf, temporaryFolder } from '../testing/folder.js'
import { makeFolder } from './make-folder.js'

const refuse = (reason: string) => new UsageError(reason)

describe('makeFolder', () => {
  it('makes those above it too, and takes one that is there, through a link too', () => {
    const folder = temporaryFolder()
    makeFolder(join(folder, 'a/b c/ü'), refuse)
    expect(existsSync(join(folder, 'a/b c/ü'))).toBe(true)
    symlinkSync(join(folder, 'a'), join(folder, 'link'))
    makeFolder(join(folder, 'link'), refuse)
    makeFolder(join(folder, 'link/d'), refuse)
    expect(existsSync(join(folder, 'a/d'))).toBe(true)
  })

  it('says why a path can be no folder', () => {
    const folder = folderOf({ 'file.txt': '' })
    symlinkSync('round', join(folder, 'round'))
    for (const [name, reason] of [
      ['file.txt', 'it is a file'],
      ['file.txt/below', 'one of the names in it is a file'],
      ['x'.repeat(300), 'the name is too long for the file system'],
      ['round/below', 'its links lead round in a circle'],
    ] as const) {
      expect(() => makeFolder(join(folder, name), refuse)).toThrow(reason)
    }
  })

  it('comes back where the system makes no folders', () => {
    expect(() => makeFolder('/proc/phenoprint/run', refuse)).toThrow(UsageError)
    expect(() => makeFolder('/sys/phenoprint/run', refuse)).toThrow(MachineError)
  })
})
