import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root folder, absolute, without a slash at the end. */
export const root = resolve(fileURLToPath(new URL('../../', import.meta.url)))

/**
 * Where libtorch and the build tools are kept; several checkouts may share one folder.
 *
 * @param {NodeJS.ProcessEnv} [env] `PHENOPRINT_CACHE` overrides `.cache` in the repository.
 */
export function cacheFolder(env = process.env) {
  return resolve(root, env.PHENOPRINT_CACHE || '.cache')
}

/**
 * Whether a module is the program that was started, and not imported by another.
 *
 * @param {string} url `import.meta.url`.
 */
export function isMain(url) {
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(url)
}
