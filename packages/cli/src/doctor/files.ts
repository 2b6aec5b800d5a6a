import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Check, missing, ok } from './check.js'

/** The repository, when this package lies in one: set-up keeps libtorch in its cache. */
const root = fileURLToPath(new URL('../../../../', import.meta.url))

/** Where set-up keeps libtorch and build tools. */
export function cacheFolder(): string {
  return resolve(root, process.env.PHENOPRINT_CACHE || '.cache')
}

/** The addon, copies of libtorch, tools to build with, and data: what lies in files. */
export function fileChecks(): Check[] {
  const addon = addonCheck(dirname(fileURLToPath(import.meta.resolve('@phenoprint/torch'))))
  return [addon, copies(cacheFolder()), tools(process.env.PATH ?? ''), data()]
}

/**
 * The native addon that set-up built.
 *
 * @param dist A folder beside the package's `build`.
 */
export function addonCheck(dist: string): Check {
  const file = join(dist, '../build/current.json')
  const cure = 'npm run setup builds it'
  try {
    const current: unknown = JSON.parse(readFileSync(file, 'utf8'))
    const built = typeof current === 'object' && current !== null ? current : {}
    if (!('addon' in built)) return missing('addon', `${file} names none`, cure)
    const addon = resolve(dirname(file), String(built.addon))
    if (!existsSync(addon)) return missing('addon', `${addon} is gone`, cure)
    const compiler = 'compiler' in built ? `, built with ${String(built.compiler)}` : ''
    return ok('addon', `${addon}${compiler}`)
  } catch {
    return missing('addon', `${file} is not there`, cure)
  }
}

function copies(cache: string): Check {
  const folder = join(cache, 'libtorch')
  const cure = 'npm run setup makes one'
  try {
    const versions = readdirSync(folder).filter((name) =>
      existsSync(join(folder, name, 'torch/lib')),
    )
    if (versions.length > 0) return ok('libtorch copies', `${versions.join(', ')} in ${folder}`)
  } catch {
    // No folder: no copy.
  }
  return missing('libtorch copies', `none in ${folder}`, cure)
}

/**
 * What set-up builds with.
 *
 * @param path Folders to look in, as in PATH.
 */
export function tools(path: string): Check {
  const wanted = [['c++', 'g++', 'clang++'], ['cmake'], ['python3', 'python']]
  const found = wanted.map((names) => names.find((name) => isProgram(name, path)))
  const there = found.filter((name) => name !== undefined)
  const lacking = wanted.filter((_, index) => found[index] === undefined).map(([name]) => name)
  if (lacking.length === 0) return ok('build tools', there.join(', '))
  return missing(
    'build tools',
    `${lacking.join(', ')} not in PATH`,
    'needed by npm run setup alone: apt-get install g++ cmake python3-pip, or your system’s like (cmake also comes with pip)',
  )
}

function isProgram(name: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function data(): Check {
  const named = process.env.PHENOPRINT_DATA
  const folder = resolve(named || '../shared/data')
  const sets = ['mitocheck', 'rxrx1'].filter((name) => existsSync(join(folder, name)))
  if (sets.length > 0) return ok('data', `${sets.join(', ')} in ${folder}`)
  return missing(
    'data',
    `no mitocheck or rxrx1 in ${folder}`,
    'optional: the README says where to get them; then set PHENOPRINT_DATA to the folder that holds them',
  )
}
