import fs from 'node:fs'
import { delimiter, join } from 'node:path'
import { installSystemPackages } from './system-packages.mjs'

/**
 * The folder with Gloo's headers, which one run over several ranks needs: the code is in libtorch, its headers
 * are not in the wheel. They are installed only with `--system-packages`; without them all else works.
 *
 * @param {object} context
 * @param {NodeJS.ProcessEnv} [context.env]
 * @param {boolean} context.systemPackages
 * @returns {Promise<string | undefined>} undefined where there are none.
 */
export async function findGloo({ env = process.env, systemPackages }) {
  if (process.platform !== 'linux') return undefined
  const found = glooIn(includeFolders(env))
  if (found !== undefined || !systemPackages) return found
  await installSystemPackages(['libgloo-dev'], "Gloo's headers, for one run over several ranks")
  return glooIn(includeFolders(env))
}

export const withoutGloo =
  'no headers of Gloo: one run over several ranks is left out. Debian, Ubuntu: apt-get install libgloo-dev (npm run setup -- --system-packages does it)'

/** @param {string[]} folders */
function glooIn(folders) {
  return folders.find((folder) => fs.existsSync(join(folder, 'gloo/context.h')))
}

/**
 * Where CMake, too, looks for headers.
 *
 * @param {NodeJS.ProcessEnv} env
 */
function includeFolders(env) {
  const list = (/** @type {string | undefined} */ words) =>
    (words ?? '').split(delimiter).filter((word) => word !== '')
  return [
    ...list(env.CMAKE_INCLUDE_PATH),
    ...list(env.CMAKE_PREFIX_PATH).map((prefix) => join(prefix, 'include')),
    ...list(env.CPATH),
    '/usr/local/include',
    '/usr/include',
  ]
}
