import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { basename, join } from 'node:path'
import { SetupFault } from './fault.mjs'
import { compareVersions } from './node-version.mjs'
import { lastLines, run } from './run.mjs'
import { sayWhile } from './say.mjs'
import { installSystemPackages } from './system-packages.mjs'

/** What the pinned packages ask for (numpy 2.4). */
const oldestPython = '3.11'

/**
 * A Python virtual environment with the packages of a requirements file, made again only when the
 * file has changed.
 *
 * @param {object} request
 * @param {string} request.folder of the environment.
 * @param {string} request.requirements path of the pinned list.
 * @param {string} request.what it is for, such as `the oracles of the tests`.
 * @param {boolean} request.systemPackages
 * @param {NodeJS.ProcessEnv} [request.env]
 * @returns {Promise<string>} the path of its Python.
 * @throws {SetupFault} no Python, no venv, or packages that cannot be had.
 */
export async function requireVenv({
  folder,
  requirements,
  what,
  systemPackages,
  env = process.env,
}) {
  const python = join(folder, 'bin/python')
  const stamp = join(folder, 'requirements.sha256')
  const digest = createHash('sha256').update(fs.readFileSync(requirements)).digest('hex')
  if (fs.existsSync(python) && fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === digest)
    return python

  const unfinished = `${folder}.unfinished`
  if (fs.existsSync(unfinished)) fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(unfinished, '')
  if (!fs.existsSync(python)) await makeVenv(folder, what, systemPackages)
  for (const args of installations(requirements, env)) {
    await sayWhile(`installing ${what} with pip (${args.at(-1)})`, () =>
      install(python, args, what),
    )
  }
  fs.writeFileSync(stamp, digest)
  fs.rmSync(unfinished)
  return python
}

/**
 * Torch is taken from where the engine's libtorch is taken from, so that both are of one build. What a
 * line `# without what it requires: NAME==VERSION` names is installed alone.
 *
 * @param {string} requirements
 * @param {NodeJS.ProcessEnv} env
 */
function installations(requirements, env) {
  const { PHENOPRINT_TORCH_INDEX: index, PHENOPRINT_TORCH_WHEEL: wheel } = env
  const list = fs.readFileSync(requirements, 'utf8')
  const pin = list.match(/^torch==\S+/m)?.[0]
  const alone = [...list.matchAll(/^# without what it requires: (\S+==\S+)$/gm)]
  const everything = [
    ['--requirement', requirements],
    ...alone.map(([, name]) => ['--no-deps', name]),
  ]
  if (pin === undefined) return everything
  if (wheel) return [[wheel], ...everything]
  return index ? [['--index-url', index, pin], ...everything] : everything
}

/**
 * @param {string} folder
 * @param {string} what
 * @param {boolean} systemPackages
 */
async function makeVenv(folder, what, systemPackages) {
  const python = await findPython()
  if (python === undefined) {
    throw new SetupFault(
      `no Python ${oldestPython} or newer for ${what} (tried python3, python and python${oldestPython} to 3.14 in PATH)`,
      {
        cures: [
          'install one: apt-get install python3 python3-venv, dnf install python3.12, pyenv or uv',
        ],
      },
    )
  }
  const make = () => run(python, ['-m', 'venv', folder])
  let outcome = await make()
  if (outcome.code !== 0 && systemPackages) {
    await installSystemPackages(['python3-venv'], what)
    outcome = await make()
  }
  if (outcome.code === 0) return
  throw new SetupFault(`${python} cannot make a virtual environment for ${what}`, {
    details: lastLines(outcome.output, 4),
    cures: ['Debian, Ubuntu: apt-get install python3-venv (npm test -- --system-packages does it)'],
  })
}

async function findPython() {
  for (const name of [
    'python3',
    'python',
    'python3.14',
    'python3.13',
    'python3.12',
    'python3.11',
  ]) {
    const { code, stdout } = await run(name, [
      '-c',
      'import platform; print(platform.python_version())',
    ])
    if (code === 0 && compareVersions(stdout.trim(), oldestPython) >= 0) return name
  }
  return undefined
}

/**
 * @param {string} python
 * @param {string[]} args
 * @param {string} what
 */
async function install(python, args, what) {
  const { code, output } = await run(python, [
    '-m',
    'pip',
    'install',
    '--no-input',
    '--quiet',
    ...args,
  ])
  if (code === 0) return
  throw new SetupFault(`pip could not install ${what} (${basename(args.at(-1) ?? '')})`, {
    details: lastLines(output, 6),
    cures: [
      'no network: connect, or set HTTPS_PROXY or pip config set global.index-url, then run this again',
    ],
  })
}
