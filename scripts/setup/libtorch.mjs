import fs from 'node:fs'
import { join, resolve } from 'node:path'
import { SetupFault } from './fault.mjs'
import { checkLibtorch, oldestLibtorch } from './libtorch-check.mjs'
import { makePrivateCopy, privateCopyName } from './libtorch-copy.mjs'
import { compareVersions } from './node-version.mjs'
import { run } from './run.mjs'
import { say } from './say.mjs'

/**
 * @typedef {object} Libtorch
 * @property {string} root the folder with lib/ and include/.
 * @property {string} version such as `2.13.0`.
 * @property {'PHENOPRINT_LIBTORCH' | 'private copy' | 'Python'} from
 */

/** What a user can do who cannot have the private copy made. */
export const libtorchCures = [
  'PHENOPRINT_TORCH_INDEX=<address of a package index> is where pip asks for torch',
  'PHENOPRINT_TORCH_WHEEL=/path/to/torch-2.13.0….whl makes the private copy from a file',
  `PHENOPRINT_LIBTORCH=/path/to/libtorch uses one that is here already (${oldestLibtorch} or newer, the folder with lib/ and include/)`,
  'npm run setup -- --use-python-torch uses the torch of the Python that is found first',
]

/**
 * Finds a libtorch: the one that `PHENOPRINT_LIBTORCH` names, the private copy, a Python's when
 * that is allowed; else the private copy is made.
 *
 * @param {object} context
 * @param {NodeJS.ProcessEnv} context.env
 * @param {string} context.cache
 * @param {import('./options.mjs').SetupOptions} context.options
 * @param {typeof makePrivateCopy} [context.makeCopy]
 * @returns {Promise<Libtorch>}
 * @throws {SetupFault} when the one that was named is unusable, or none can be made.
 */
export async function findLibtorch({ env, cache, options, makeCopy = makePrivateCopy }) {
  if (env.PHENOPRINT_LIBTORCH) return named(env.PHENOPRINT_LIBTORCH)
  const copy = privateCopy(join(cache, 'libtorch'), privateCopyName(env))
  if (copy !== undefined) return copy
  if (options.usePythonTorch) return pythonTorch()
  const root = await makeCopy({
    env,
    cache,
    systemPackages: options.systemPackages,
    otherwise: libtorchCures,
  })
  return checked(root, 'private copy')
}

/** @param {string} path */
function named(path) {
  const folder = resolve(path)
  const roots = [folder, join(folder, 'torch'), join(folder, 'libtorch')]
  return checked(
    roots.find((root) => fs.existsSync(join(root, 'lib'))) ?? folder,
    'PHENOPRINT_LIBTORCH',
  )
}

/**
 * @param {string} folder holds one folder a version.
 * @param {{ name: string, chosen: boolean }} wanted
 * @returns {Libtorch | undefined}
 */
function privateCopy(folder, wanted) {
  const others = fs.existsSync(folder)
    ? fs.readdirSync(folder).sort((a, b) => compareVersions(b, a))
    : []
  // A copy that was made from a named wheel stays in use when the wheel is not named again.
  for (const name of wanted.chosen ? [wanted.name] : [wanted.name, ...others]) {
    const root = join(folder, name, 'torch')
    if (!fs.existsSync(root)) continue
    const result = checkLibtorch(root)
    if ('version' in result) return { root, version: result.version, from: 'private copy' }
    say(`the libtorch in ${root} is unusable: ${result.fault}`)
  }
  return undefined
}

/** @returns {Promise<Libtorch>} */
async function pythonTorch() {
  // Finds the package without importing it.
  const program =
    'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])'
  for (const python of ['python3', 'python']) {
    const { code, stdout } = await run(python, ['-c', program])
    if (code === 0) return checked(stdout.trim(), 'Python')
  }
  throw new SetupFault('--use-python-torch: neither python3 nor python in PATH has torch', {
    cures: ['npm run setup without it makes a private copy', ...libtorchCures.slice(0, 3)],
  })
}

/**
 * @param {string} root
 * @param {Libtorch['from']} from
 * @returns {Libtorch}
 */
function checked(root, from) {
  const result = checkLibtorch(root)
  if ('version' in result) return { root, version: result.version, from }
  throw new SetupFault(`unusable libtorch at ${root} (${from}): ${result.fault}`, {
    cures: [
      'npm run setup without PHENOPRINT_LIBTORCH and --use-python-torch makes a private copy',
      ...libtorchCures,
    ],
  })
}
