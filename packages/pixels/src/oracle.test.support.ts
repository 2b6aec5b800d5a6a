import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

const python = fileURLToPath(new URL('../../../scripts/test/oracles/python', import.meta.url))

/** A new empty folder, removed after the tests of the file that asks for it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'phenoprint-pixels-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Runs a Python program in a folder, with the reference packages at hand; gives its output. */
export function runPython(program: string, folder: string): string {
  return execFileSync(python, ['-c', program], { cwd: folder, encoding: 'utf8' })
}

/** The content of a file of little-endian 32-bit floats. */
export function readFloat32(path: string): Float32Array {
  return new Float32Array(Uint8Array.from(readFileSync(path)).buffer)
}
