import fs from 'node:fs'
import { join } from 'node:path'
import { SetupFault } from './fault.mjs'
import { lastLines, run } from './run.mjs'
import { installSystemPackages } from './system-packages.mjs'

/** @typedef {string[]} Command a program and its first arguments. */

/**
 * Finds pip, the client that fetches libtorch and the build tools.
 *
 * @param {object} context
 * @param {string} context.what needs it, for the message.
 * @param {string[]} context.otherwise what else would do instead of pip.
 * @param {boolean} context.systemPackages
 * @returns {Promise<Command>}
 * @throws {SetupFault} when there is none.
 */
export async function findPip({ what, otherwise, systemPackages }) {
  const found = await firstThatAnswers()
  if (found !== undefined) return found
  if (systemPackages) {
    await installSystemPackages(['python3-pip'], 'pip')
    const installed = await firstThatAnswers()
    if (installed !== undefined) return installed
  }
  throw new SetupFault(
    `no pip to fetch ${what} (tried python3 -m pip, python -m pip, pip3 and pip in PATH)`,
    {
      cures: [
        'Debian, Ubuntu: apt-get install python3-pip (npm run setup -- --system-packages does it)',
        'Fedora, RHEL: dnf install python3-pip',
        'a Python without pip: python3 -m ensurepip --user',
        ...otherwise,
      ],
    },
  )
}

async function firstThatAnswers() {
  for (const command of [['python3', '-m', 'pip'], ['python', '-m', 'pip'], ['pip3'], ['pip']]) {
    const { code } = await run(command[0], [...command.slice(1), '--version'])
    if (code === 0) return command
  }
  return undefined
}

/**
 * Downloads wheels, from the index that the user's pip is set to unless another is named.
 *
 * @param {object} request
 * @param {Command} request.pip
 * @param {string[]} request.requirements such as `torch==2.13.0`.
 * @param {string} request.into a folder; the wheels lie there afterwards.
 * @param {boolean} request.dependencies also what the requirements require.
 * @param {string} [request.index]
 * @param {string[]} request.otherwise what else would do, for the message.
 * @returns {Promise<string[]>} the paths of the wheel files.
 * @throws {SetupFault} no network, no such wheel, or a full disk.
 */
export async function downloadWheels({ pip, requirements, into, dependencies, index, otherwise }) {
  fs.mkdirSync(into, { recursive: true })
  // pip keeps a whole wheel in the temporary folder first, and /tmp is small on many machines.
  const temporary = join(into, '.pip')
  fs.mkdirSync(temporary)
  const args = ['download', '--dest', into, '--only-binary', ':all:', '--no-input', '--quiet']
  if (!dependencies) args.push('--no-deps')
  if (index) args.push('--index-url', index)
  /** @param {string[]} more */
  const attempt = (more) =>
    run(pip[0], [...pip.slice(1), ...args, ...more, ...requirements], {
      env: { ...process.env, TMPDIR: temporary },
    })

  let outcome = await attempt([])
  // A Python that is too old or too new for the wheel fetches as well as any: no Python code is run.
  if (outcome.code !== 0 && isAboutVersions(outcome.output))
    outcome = await attempt(wheelOfAnyPython)
  fs.rmSync(temporary, { recursive: true, force: true })
  if (outcome.code !== 0) throw downloadFault(requirements, outcome.output, otherwise)
  return fs
    .readdirSync(into)
    .filter((name) => name.endsWith('.whl'))
    .map((name) => join(into, name))
}

/** Asks for the wheels of CPython 3.12, for the platforms that glibc 2.28 covers. */
const wheelOfAnyPython = [
  ...['--python-version', '3.12', '--implementation', 'cp'],
  ...['2_28', '2_27', '2_25', '2_18', '2_17', '2_12', '2_5'].flatMap((glibc) => [
    '--platform',
    `manylinux_${glibc}_${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}`,
  ]),
]

/** @param {string} output of pip */
function isAboutVersions(output) {
  return (
    process.platform === 'linux' &&
    /No matching distribution|Requires-Python|not a supported wheel/i.test(output) &&
    !isNetwork(output)
  )
}

/** @param {string} output of pip */
function isNetwork(output) {
  return /NewConnectionError|ConnectTimeout|Max retries|name resolution|ProxyError|SSLError|Connection(Refused|Reset)|ReadTimeout/i.test(
    output,
  )
}

/**
 * @param {string[]} requirements
 * @param {string} output of pip
 * @param {string[]} otherwise
 */
function downloadFault(requirements, output, otherwise) {
  const what =
    requirements.length > 2
      ? `${requirements[0]} and ${requirements.length - 1} more`
      : requirements.join(' and ')
  const details = lastLines(output, 6)
  if (/No space left on device|Errno 28/i.test(output)) {
    return new SetupFault(`no disk space while pip downloaded ${what}`, {
      details,
      cures: [
        'free some space, then run this again',
        'PHENOPRINT_CACHE=/a/folder/with/space keeps it elsewhere',
      ],
    })
  }
  const network = isNetwork(output)
  return new SetupFault(
    network
      ? `no network: pip could not download ${what}`
      : `pip found no wheel of ${what} for this machine`,
    {
      details,
      cures: [
        network
          ? 'connect, or set HTTPS_PROXY or pip config set global.index-url, then run this again'
          : 'a newer pip: python3 -m pip install --upgrade pip',
        ...otherwise,
      ],
    },
  )
}
