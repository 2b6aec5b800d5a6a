import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MachineError } from '../errors.js'
import { folderOf, temporaryFolder } from '../testing/folder.js'
import { onFullDisk } from '../testing/full-disk.js'
import { diskFault } from './disk-fault.js'
import {
  commitFile,
  removeStaleTemporaries,
  temporaryName,
  writeFileAtomic,
  writeJson,
} from './files.js'

describe('writeFileAtomic', () => {
  it('makes the folder, replaces the file whole and leaves nothing beside it', () => {
    const folder = temporaryFolder()
    const path = join(folder, 'a/b.txt')
    writeFileAtomic(path, 'long first text')
    writeFileAtomic(path, new Uint8Array([104, 105]))
    expect(readFileSync(path, 'utf8')).toBe('hi')
    expect(readdirSync(join(folder, 'a'))).toEqual(['b.txt'])
  })

  it('writes JSON that ends in a line break', () => {
    const path = join(temporaryFolder(), 'x.json')
    writeJson(path, { a: [1] })
    expect(readFileSync(path, 'utf8')).toBe('{\n  "a": [\n    1\n  ]\n}\n')
  })

  it('keeps the old file and says how much did not fit when the disk fills', () => {
    const { stdout, code } = onFullDisk(`
      import { readFileSync, readdirSync } from 'node:fs'
      const { writeFileAtomic } = await import(files)
      writeFileAtomic(folder + '/kept.txt', 'old')
      try {
        writeFileAtomic(folder + '/kept.txt', new Uint8Array(1_000_000))
      } catch (error) {
        console.log(error.name, error.exitCode, error.message)
      }
      console.log(readFileSync(folder + '/kept.txt', 'utf8'), readdirSync(folder).length)
    `)
    expect(stdout).toMatch(
      /^MachineError 4 disk: cannot write \S+kept\.txt \(1,000,000 bytes\): the disk is full\. It has [\d,]+ bytes free\. Free some space/,
    )
    expect(stdout).toMatch(/\nold 1\n$/)
    expect(code).toBe(0)
  })
})

describe('commitFile', () => {
  it('puts a written file in place', () => {
    const path = join(temporaryFolder(), 'big.bin')
    const part = temporaryName(path)
    writeFileSync(part, 'whole')
    commitFile(part, path)
    expect(readFileSync(path, 'utf8')).toBe('whole')
    expect(existsSync(part)).toBe(false)
  })
})

/** What the engine leaves when it is killed while it writes: its own temporary name, as it is. */
function writeSafetensorsHalf(path: string): void {
  const program = `import fs from 'node:fs'
    import { syncBuiltinESMExports } from 'node:module'
    fs.fsyncSync = () => process.kill(process.pid, 'SIGKILL')
    syncBuiltinESMExports()
    const { tensor, writeSafetensors } = await import(${JSON.stringify(import.meta.resolve('@phenoprint/torch'))})
    writeSafetensors(${JSON.stringify(path)}, new Map([['weight', tensor([1, 2])]]))`
  const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', program])
  expect(signal).toBe('SIGKILL')
}

describe('removeStaleTemporaries', () => {
  it('removes what was being written, at every depth, and nothing else', () => {
    const folder = folderOf({ 'a.json': '', 'deep/.hidden': '', 'deep/b.part': '' })
    writeFileSync(temporaryName(join(folder, 'a.json')), 'half')
    writeFileSync(temporaryName(join(folder, 'deep/c.bin')), 'half')
    writeSafetensorsHalf(join(folder, 'deep/last.safetensors'))
    expect(readdirSync(join(folder, 'deep'))).toHaveLength(4)
    removeStaleTemporaries(folder)
    expect(readdirSync(folder).sort()).toEqual(['a.json', 'deep'])
    expect(readdirSync(join(folder, 'deep')).sort()).toEqual(['.hidden', 'b.part'])
  })
})

describe('diskFault', () => {
  it('is the machine where nobody may write, not even the administrator', () => {
    expect(() => writeFileAtomic('/sys/phenoprint.txt', '')).toThrow(MachineError)
  })

  it('leaves any other fault as it came', () => {
    const fault = new TypeError('something else')
    expect(diskFault(fault, 'x')).toBe(fault)
    const missing = Object.assign(new Error('no such file'), { code: 'ENOENT' })
    expect(diskFault(missing, 'x')).toBe(missing)
    expect(diskFault(Object.assign(new Error(''), { code: 'EIO' }), 'x')).toBeInstanceOf(
      MachineError,
    )
  })
})
