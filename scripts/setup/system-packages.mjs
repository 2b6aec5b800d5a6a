import { SetupFault } from './fault.mjs'
import { lastLines, run } from './run.mjs'
import { sayWhile } from './say.mjs'

/** The lists of packages are fetched once a run. */
let listed = false
/** apt-get bears one at a time; what asks meanwhile waits. */
let turn = Promise.resolve()

/**
 * Installs Debian packages; only ever called when the user gave `--system-packages`.
 *
 * @param {string[]} packages
 * @param {string} what they are for.
 * @throws {SetupFault} no apt-get, not allowed, or no network.
 */
export function installSystemPackages(packages, what) {
  const installed = turn.then(() => install(packages, what))
  turn = installed.catch(() => {})
  return installed
}

/**
 * @param {string[]} packages
 * @param {string} what
 */
async function install(packages, what) {
  const line = `apt-get install ${packages.join(' ')}`
  if ((await run('apt-get', ['--version'])).code !== 0) {
    throw new SetupFault(`--system-packages: there is no apt-get here to install ${what}`, {
      cures: [`install what your system calls ${packages.join(', ')} by hand, then run this again`],
    })
  }
  // Without a password prompt: a set-up may run where nobody can answer.
  const prefix = process.getuid?.() === 0 ? [] : ['sudo', '--non-interactive']
  const environment = ['env', 'DEBIAN_FRONTEND=noninteractive']
  const installing = ['install', '--yes', '--no-install-recommends', ...packages]
  for (const args of listed ? [installing] : [['update'], installing]) {
    const [program, ...rest] = [...prefix, ...environment, 'apt-get', ...args]
    const outcome = await sayWhile(`apt-get ${args.join(' ')} (${what})`, () => run(program, rest))
    if (outcome.code === 0) continue
    throw new SetupFault(`apt-get ${args[0]} failed with exit code ${outcome.code}, for ${what}`, {
      details: lastLines(outcome.output, 6),
      cures: [`as an administrator: apt-get update && ${line}, then run this again`],
    })
  }
  listed = true
}
