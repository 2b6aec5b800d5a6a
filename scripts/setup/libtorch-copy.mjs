import fs from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { requireDisk } from './disk.mjs'
import { SetupFault } from './fault.mjs'
import { downloadWheels, findPip } from './pip.mjs'
import { say, sayWhile, size } from './say.mjs'
import { cudaRequirements, readWheelMetadata, unpackWheel } from './wheel.mjs'

/** The libtorch that Phenoprint is tested with. */
const wantedVersion = '2.13.0'

/** Bytes on disk while a copy is made, the downloads beside it included, rounded up. */
const cpuDisk = 1.2 * 2 ** 30
const cudaDisk = 7 * 2 ** 30

/**
 * The folder of the private copy: that of the tested version, or of the wheel that is named.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ name: string, chosen: boolean }} `chosen`: no other copy will do.
 */
export function privateCopyName(env) {
  const wheel = env.PHENOPRINT_TORCH_WHEEL
  if (!wheel) return { name: wantedVersion, chosen: false }
  return { name: decodeURIComponent(basename(wheel)).split('-')[1] ?? wantedVersion, chosen: true }
}

/**
 * Makes the private copy of libtorch: fetches the torch wheel with pip, and unpacks its libraries
 * and headers. A CUDA wheel has the CUDA packages that it declares unpacked beside it. The copy is
 * made under another name and then renamed: there is never half of one.
 *
 * @param {object} context
 * @param {NodeJS.ProcessEnv} context.env
 * @param {string} context.cache
 * @param {boolean} context.systemPackages
 * @param {string[]} context.otherwise for the messages.
 * @returns {Promise<string>} the root: the folder with lib/ and include/.
 */
export async function makePrivateCopy({ env, cache, systemPackages, otherwise }) {
  const making = join(cache, 'libtorch.making')
  fs.rmSync(making, { recursive: true, force: true })
  requireDisk(cache, cpuDisk, 'a private copy of libtorch')
  const findPipOnce = () => findPip({ what: 'libtorch', otherwise, systemPackages })

  const wheel = env.PHENOPRINT_TORCH_WHEEL
    ? existingWheel(env.PHENOPRINT_TORCH_WHEEL)
    : await downloadTorch(await findPipOnce(), join(making, 'torch'), env, otherwise)
  const metadata = await readWheelMetadata(wheel)
  if (metadata.name !== 'torch') {
    throw new SetupFault(`${wheel} is a wheel of ${metadata.name}, not of torch`, {
      cures: otherwise,
    })
  }
  const wheels = [wheel]
  const cuda = cudaRequirements(metadata.requires)
  if (cuda.length > 0) {
    say(
      `torch ${metadata.version} is a CUDA wheel (${size(fs.statSync(wheel).size)}); it declares: ${cuda.join(', ')}`,
    )
    say(
      'its CUDA packages are about 2 GiB to download and 3 GiB on disk (a wheel for the CPU alone needs neither)',
    )
    requireDisk(cache, cudaDisk, 'a private copy of libtorch with CUDA')
    const request = {
      pip: await findPipOnce(),
      requirements: cuda,
      into: join(making, 'cuda'),
      dependencies: true,
      otherwise,
    }
    const index = env.PHENOPRINT_TORCH_INDEX
    wheels.push(
      ...(await sayWhile('downloading the CUDA packages with pip', () =>
        downloadWheels({ ...request, index }),
      )),
    )
  }

  const unpacked = join(making, 'unpacked')
  await sayWhile(`unpacking libtorch ${metadata.version}`, async () => {
    for (const file of wheels) await unpackWheel(file, unpacked, isNeeded)
  })
  const folder = join(cache, 'libtorch', privateCopyName(env).name)
  fs.mkdirSync(join(cache, 'libtorch'), { recursive: true })
  fs.rmSync(folder, { recursive: true, force: true })
  fs.renameSync(unpacked, folder)
  fs.rmSync(making, { recursive: true, force: true })
  return join(folder, 'torch')
}

/**
 * @param {string[]} pip
 * @param {string} into
 * @param {NodeJS.ProcessEnv} env
 * @param {string[]} otherwise
 */
async function downloadTorch(pip, into, env, otherwise) {
  const requirements = [`torch==${wantedVersion}`]
  const index = env.PHENOPRINT_TORCH_INDEX
  const [wheel] = await sayWhile(
    `downloading torch ${wantedVersion} with pip (190 MB for the CPU alone, more with CUDA)`,
    () => downloadWheels({ pip, requirements, into, dependencies: false, index, otherwise }),
  )
  return wheel
}

/** @param {string} path */
function existingWheel(path) {
  const wheel = resolve(path)
  if (fs.existsSync(wheel)) return wheel
  throw new SetupFault(`PHENOPRINT_TORCH_WHEEL names ${wheel}, which does not exist`, {
    cures: ['name a wheel file that is there'],
  })
}

/**
 * Of torch's wheel the libraries, the headers, the CMake files and the licences; of the others all.
 * What is left out is Python code, tests and tools.
 *
 * @param {string} name of a wheel's entry.
 */
function isNeeded(name) {
  return !/^(torch|torchgen|functorch)\//.test(name) || /^torch\/(lib|include|share)\//.test(name)
}
