import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { SetupFault } from './fault.mjs'
import { compareVersions } from './node-version.mjs'
import { downloadWheels, findPip } from './pip.mjs'
import { run } from './run.mjs'
import { sayWhile } from './say.mjs'
import { installSystemPackages } from './system-packages.mjs'
import { unpackWheel } from './wheel.mjs'

/** Versions of the wheels that are fetched when the system has none. */
const wheels = { cmake: 'cmake==4.2.1', ninja: 'ninja==1.13.0' }
const oldestCmake = '3.18'

/**
 * CMake and a program that runs its builds: the system's, else those of the tools folder, which is
 * filled from the wheels that their makers publish.
 *
 * @typedef {{ cmake: string, generator: 'Ninja' | 'Unix Makefiles', program: string }} BuildTools
 *
 * @param {object} context
 * @param {string} context.cache
 * @param {boolean} context.systemPackages
 * @returns {Promise<BuildTools>}
 * @throws {SetupFault} when neither the system nor pip has them.
 */
export async function requireBuildTools({ cache, systemPackages }) {
  const folder = join(cache, 'tools')
  let tools = await findBuildTools(folder)
  if (tools.cmake === undefined || tools.builder === undefined) {
    const missing =
      tools.cmake === undefined
        ? [wheels.cmake, ...(tools.builder ? [] : [wheels.ninja])]
        : [wheels.ninja]
    await fetchTools(folder, missing, systemPackages)
    tools = await findBuildTools(folder)
  }
  if (tools.cmake !== undefined && tools.builder !== undefined)
    return { cmake: tools.cmake, ...tools.builder }
  throw new SetupFault(`the CMake and ninja fetched into ${folder} do not run here`, {
    cures: packageCures,
  })
}

const packageCures = [
  'Debian, Ubuntu: apt-get install cmake ninja-build (npm run setup -- --system-packages does it)',
  'Fedora, RHEL: dnf install cmake ninja-build',
]

/** @param {string} folder of the tools. */
async function findBuildTools(folder) {
  const cmake = await firstThatRuns(['cmake', join(folder, 'cmake/data/bin/cmake')], oldestCmake)
  const ninja = await firstThatRuns(['ninja', ...ninjaIn(folder)], '1.8')
  const make = ninja === undefined ? await firstThatRuns(['make'], '3') : undefined
  /** @type {{ generator: BuildTools['generator'], program: string } | undefined} */
  let builder
  if (ninja !== undefined) builder = { generator: 'Ninja', program: ninja }
  else if (make !== undefined) builder = { generator: 'Unix Makefiles', program: make }
  return { cmake, builder }
}

/**
 * @param {string[]} candidates
 * @param {string} oldest
 */
async function firstThatRuns(candidates, oldest) {
  for (const candidate of candidates) {
    const { code, stdout } = await run(candidate, ['--version'])
    const version = stdout.match(/\d+(\.\d+)+/)?.[0]
    if (code === 0 && version !== undefined && compareVersions(version, oldest) >= 0)
      return candidate
  }
  return undefined
}

/**
 * Where the ninja of a wheel lies: among its scripts, in older wheels among its data.
 *
 * @param {string} folder
 */
function ninjaIn(folder) {
  const scripts = fs.existsSync(folder)
    ? fs.readdirSync(folder).filter((name) => /^ninja-.*\.data$/.test(name))
    : []
  return [
    ...scripts.map((name) => join(folder, name, 'scripts/ninja')),
    join(folder, 'ninja/data/bin/ninja'),
  ]
}

/**
 * @param {string} folder
 * @param {string[]} requirements
 * @param {boolean} systemPackages
 */
async function fetchTools(folder, requirements, systemPackages) {
  const names = requirements.map((requirement) => requirement.split('==')[0])
  if (systemPackages) {
    const debian = names.map((name) => (name === 'ninja' ? 'ninja-build' : name))
    return installSystemPackages(debian, names.join(' and '))
  }
  const what =
    requirements.length === 2
      ? 'CMake and ninja, which the system lacks,'
      : `${names[0]}, which the system lacks,`
  const pip = await findPip({ what, otherwise: packageCures, systemPackages })
  const making = `${folder}.making`
  fs.rmSync(making, { recursive: true, force: true })
  await sayWhile(`downloading ${names.join(' and ')} with pip`, async () => {
    const into = join(making, 'wheels')
    const files = await downloadWheels({
      pip,
      requirements,
      into,
      dependencies: false,
      otherwise: packageCures,
    })
    for (const file of files) await unpackWheel(file, join(making, 'unpacked'))
  })
  fs.mkdirSync(folder, { recursive: true })
  for (const name of fs.readdirSync(join(making, 'unpacked'))) {
    fs.rmSync(join(folder, name), { recursive: true, force: true })
    fs.renameSync(join(making, 'unpacked', name), join(folder, name))
  }
  fs.rmSync(making, { recursive: true, force: true })
}

/**
 * How many compilers may run at once: one a core, and 2 GiB of memory for each, which is what
 * libtorch's headers take.
 *
 * @param {object} [machine]
 * @param {number} [machine.cores]
 * @param {number} [machine.memory] bytes that are free, or may be used in this container.
 */
export function compileJobs({ cores = os.availableParallelism(), memory = freeMemory() } = {}) {
  return Math.max(1, Math.min(cores, Math.floor(memory / 2 ** 31)))
}

function freeMemory() {
  const available =
    fs.existsSync('/proc/meminfo') &&
    fs.readFileSync('/proc/meminfo', 'utf8').match(/MemAvailable:\s*(\d+) kB/)
  const free = available ? Number(available[1]) * 1024 : os.freemem()
  const limit = process.constrainedMemory()
  return limit > 0 ? Math.min(free, limit) : free
}
