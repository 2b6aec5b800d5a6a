import fs from 'node:fs'
import os from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/**
 * A new folder that is gone when the test is over.
 *
 * @returns {string}
 */
export function temporaryFolder() {
  const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'phenoprint-')))
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

/**
 * Writes a file and the folders above it.
 *
 * @param {string} path
 * @param {string | Buffer} content
 * @param {number} [mode]
 */
export function write(path, content, mode) {
  fs.mkdirSync(dirname(path), { recursive: true })
  fs.writeFileSync(path, content, { mode })
  return path
}

/**
 * A folder of programs for `PATH`: links to what this machine has, and scripts.
 *
 * @param {string[]} links names that are looked up in the real `PATH`.
 * @param {Record<string, string>} [scripts] shell code by name.
 */
export function programs(links, scripts = {}) {
  const folder = temporaryFolder()
  for (const name of links) {
    const real = (process.env.PATH ?? '').split(':').map((place) => join(place, name))
    const found = real.find((path) => fs.existsSync(path))
    if (found === undefined) throw new Error(`${name} is not in PATH`)
    fs.symlinkSync(found, join(folder, name))
  }
  for (const [name, code] of Object.entries(scripts))
    write(join(folder, name), `#!/bin/sh\n${code}\n`, 0o755)
  return folder
}
