import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { root } from '../setup/paths.mjs'

/** The Python of the oracles, which writes what our readers read. */
export const oraclePython = join(root, '.cache/oracles/bin/python')

/**
 * Writes a ZIP file with Python's zipfile.
 *
 * @param {string} path
 * @param {Record<string, string>} files
 * @param {object} [how]
 * @param {boolean} [how.stored] without compression.
 * @param {boolean} [how.zip64] every size, offset and count in the 64-bit records.
 * @param {number} [how.mode] permission bits of each entry.
 */
export function writeZip(path, files, { stored = false, zip64 = false, mode = 0o644 } = {}) {
  const program = `
import json, sys, zipfile
request = json.load(sys.stdin)
with zipfile.ZipFile(request["path"], "w") as archive:
    for name, text in request["files"].items():
        entry = zipfile.ZipInfo(name)
        entry.compress_type = zipfile.ZIP_STORED if request["stored"] else zipfile.ZIP_DEFLATED
        entry.external_attr = (0o100000 | request["mode"]) << 16
        with archive.open(entry, "w", force_zip64=request["zip64"]) as file:
            file.write(text.encode())
    if request["zip64"]:  # the directory, which is written last, takes every number for a large one
        zipfile.ZIP64_LIMIT = 0
        zipfile.ZIP_FILECOUNT_LIMIT = 0
if request["zip64"]:  # the 32-bit end record then only points to the 64-bit one
    with open(request["path"], "r+b") as file:
        file.seek(-14, 2)
        file.write(b"\\xff" * 12)
`
  const input = JSON.stringify({ path, files, stored, zip64, mode })
  execFileSync(oraclePython, ['-c', program], { input })
  return path
}

/**
 * Writes a wheel that pip takes.
 *
 * @param {string} folder
 * @param {string} name with underscores.
 * @param {string} version
 * @param {object} content
 * @param {string[]} [content.requires]
 * @param {Record<string, string>} [content.files]
 * @returns {string} its path.
 */
export function writeWheel(folder, name, version, { requires = [], files = {} }) {
  const information = `${name}-${version}.dist-info`
  const metadata = [
    'Metadata-Version: 2.1',
    `Name: ${name.replaceAll('_', '-')}`,
    `Version: ${version}`,
  ]
  for (const requirement of requires) metadata.push(`Requires-Dist: ${requirement}`)
  return writeZip(join(folder, `${name}-${version}-py3-none-any.whl`), {
    ...files,
    [`${information}/METADATA`]: `${metadata.join('\n')}\n\nA description\nName: not-this\n`,
    [`${information}/WHEEL`]:
      'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${information}/RECORD`]: '',
  })
}

/**
 * Lets pip see nothing but what the test gives it.
 *
 * @param {NodeJS.ProcessEnv} settings
 */
export function usePip(settings) {
  const before = { ...process.env }
  for (const name of Object.keys(process.env))
    if (/^PIP_(INDEX|EXTRA|FIND|NO_INDEX)/.test(name)) delete process.env[name]
  Object.assign(process.env, { PIP_CONFIG_FILE: '/dev/null', ...settings })
  onTestFinished(() => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
    Object.assign(process.env, before)
  })
}
