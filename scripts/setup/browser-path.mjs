import fs from 'node:fs'
import { delimiter, resolve } from 'node:path'

/**
 * The first of some programs that is there.
 *
 * @param {readonly string[]} names paths, or names to look for on the `PATH`.
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined} its path.
 */
export function findProgram(names, { PATH = '' }) {
  const paths = names.flatMap((name) =>
    name.includes('/') ? [name] : PATH.split(delimiter).map((folder) => resolve(folder, name)),
  )
  return paths.find((path) => {
    try {
      fs.accessSync(path, fs.constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
