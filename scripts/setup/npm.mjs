import fs from 'node:fs'
import { join } from 'node:path'
import { SetupFault } from './fault.mjs'
import { firstLines, run } from './run.mjs'
import { sayWhile } from './say.mjs'

/**
 * Installs the npm packages when they are absent or are not those of the lock file.
 *
 * @param {string} root the repository.
 * @throws {SetupFault} no npm, no network, or a registry that refuses.
 */
export async function installNpmPackages(root) {
  const state = npmState(root)
  if (state === 'current') return
  const verb = state === 'absent' ? 'ci' : 'install'
  const outcome = await sayWhile(`installing the npm packages (npm ${verb})`, () =>
    runNpm(root, [verb]),
  )
  if (outcome.code === 0) return
  if (outcome.code === 127) {
    throw new SetupFault('npm was not found in PATH', {
      cures: [
        'install npm (it comes with Node; Debian and Ubuntu: apt-get install npm), then run this again',
      ],
    })
  }
  throw new SetupFault(`npm ${verb} failed with exit code ${outcome.code}`, {
    details: firstLines(outcome.stderr),
    cures: [
      'no network: connect, or set HTTPS_PROXY, then run this again',
      'another registry: npm config set registry <address>',
      'package.json and package-lock.json disagree: npm install',
      'no disk space: free some, then run this again',
    ],
  })
}

/**
 * npm writes what it installed beside what it installed: the two lists are compared, so that
 * packages that somebody installed by hand are not installed again.
 *
 * @param {string} root
 * @returns {'absent' | 'outdated' | 'current'}
 */
export function npmState(root) {
  const installed = readPackages(join(root, 'node_modules/.package-lock.json'))
  if (installed === undefined) return 'absent'
  const locked = readPackages(join(root, 'package-lock.json')) ?? {}
  for (const [path, wanted] of Object.entries(locked)) {
    if (path.startsWith('node_modules/') || path.includes('/node_modules/')) {
      const found = installed[path]
      if (found === undefined && !wanted.optional) return 'outdated'
      if (found !== undefined && found.version !== wanted.version) return 'outdated'
    } else if (!declaresTheSame(join(root, path, 'package.json'), wanted)) return 'outdated'
  }
  return 'current'
}

/**
 * @typedef {{ version?: string, optional?: boolean, dependencies?: object, devDependencies?: object }} Locked
 *
 * @param {string} path
 * @returns {Record<string, Locked> | undefined}
 */
function readPackages(path) {
  return fs.existsSync(path) ? JSON.parse(fs.readFileSync(path, 'utf8')).packages : undefined
}

/**
 * @param {string} packageJson
 * @param {Locked} locked
 */
function declaresTheSame(packageJson, locked) {
  if (!fs.existsSync(packageJson)) return false
  const declared = JSON.parse(fs.readFileSync(packageJson, 'utf8'))
  return (
    sorted(declared.dependencies) === sorted(locked.dependencies) &&
    sorted(declared.devDependencies) === sorted(locked.devDependencies)
  )
}

/** @param {object} [dependencies] */
function sorted(dependencies = {}) {
  return JSON.stringify(Object.entries(dependencies).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * Runs the npm that runs us, or else the one in PATH.
 *
 * @param {string} cwd
 * @param {string[]} args
 */
export function runNpm(cwd, args) {
  const script = process.env.npm_execpath
  if (script?.endsWith('.js') && fs.existsSync(script))
    return run(process.execPath, [script, ...args], { cwd })
  return run('npm', args, { cwd })
}
