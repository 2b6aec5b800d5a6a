import fs from 'node:fs'
import { join } from 'node:path'

/**
 * Every file below a folder, in one order on every machine.
 *
 * @param {string} folder
 * @returns {string[]} paths that begin with the folder; none when it does not exist.
 */
export function listFiles(folder) {
  if (!fs.existsSync(folder)) return []
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory() ? listFiles(join(folder, entry.name)) : [join(folder, entry.name)],
    )
}

/**
 * Writes a file whole or not at all.
 *
 * @param {string} path
 * @param {string | Buffer} content
 */
export function writeWhole(path, content) {
  const aside = `${path}.${process.pid}.making`
  fs.writeFileSync(aside, content)
  fs.renameSync(aside, path)
}
