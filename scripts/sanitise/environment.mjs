import fs from 'node:fs'
import { join } from 'node:path'
import { SetupFault } from '../setup/fault.mjs'
import { run } from '../setup/run.mjs'
import { sanitisedBuild } from './build.mjs'

/**
 * What a Node that was not compiled with the sanitisers needs to load an addon that was.
 *
 * The address sanitiser must come before every other library, and libstdc++ right after it: it looks for
 * the functions that it stands in for when it starts. Leaks are not looked for: Node leaves memory to the
 * system at its end, and what the binding holds is counted by tests.
 *
 * @param {string} addon
 * @param {string} folder where each fault leaves a file.
 * @returns {Promise<NodeJS.ProcessEnv>}
 * @throws {SetupFault} when the libraries of the sanitisers are not there.
 */
export async function checkedEnvironment(addon, folder) {
  const libraries = await librariesOf(addon)
  const log = `log_path=${join(folder, 'fault')}`
  return {
    OMP_WAIT_POLICY: 'PASSIVE',
    ...process.env,
    LD_PRELOAD: ['libasan', 'libstdc++'].map((name) => named(libraries, name)).join(':'),
    ASAN_OPTIONS: `detect_leaks=0:${log}`,
    UBSAN_OPTIONS: `print_stacktrace=1:${log}`,
    PHENOPRINT_TORCH_BUILD: sanitisedBuild,
  }
}

/** @param {string} addon */
async function librariesOf(addon) {
  const { stdout } = await run('ldd', [addon])
  return new Map(Array.from(stdout.matchAll(/^\s*(\S+)\.so\S* => (\/\S+)/gm), ([, a, b]) => [a, b]))
}

/**
 * @param {ReadonlyMap<string | undefined, string | undefined>} libraries
 * @param {string} name
 */
function named(libraries, name) {
  const path = libraries.get(name)
  if (path !== undefined) return path
  throw new SetupFault(`the sanitised binding needs ${name}, which the system does not find`, {
    cures: [
      'Debian, Ubuntu: apt-get install g++ (it brings the libraries of its sanitisers)',
      'Fedora, RHEL: dnf install libasan libubsan',
      'CXX=/path/to/g++ npm run sanitise takes another compiler',
    ],
  })
}

/**
 * The faults that were found, in the sanitisers' own words.
 *
 * @param {string} folder
 */
export function reportsIn(folder) {
  return fs
    .readdirSync(folder)
    .sort()
    .map((name) => fs.readFileSync(join(folder, name), 'utf8').trim())
    .filter((report) => report !== '')
}
