import { join } from 'node:path'
import { findGloo } from '../setup/gloo.mjs'
import { findLibtorch } from '../setup/libtorch.mjs'
import { withLock } from '../setup/lock.mjs'
import { buildNative } from '../setup/native.mjs'
import { cacheFolder, root } from '../setup/paths.mjs'
import { torchPackage } from '../setup/torch.mjs'

/** The folder of the checked build, beside the one in use. */
export const sanitisedBuild = join(root, 'packages/torch/build/sanitised')

/**
 * The binding, compiled with the sanitisers; done already when nothing has changed.
 *
 * @param {import('../setup/options.mjs').SetupOptions} options
 * @returns {Promise<string>} the path of the addon.
 * @throws {import('../setup/fault.mjs').SetupFault} a missing tool, or code that does not compile.
 */
export async function sanitisedAddon(options) {
  const cache = cacheFolder()
  const libtorch = await findLibtorch({ env: process.env, cache, options })
  const plain = torchPackage(root, libtorch, await findGloo({ systemPackages: false }))
  const sanitised = {
    ...plain,
    build: sanitisedBuild,
    definitions: {
      ...plain.definitions,
      CMAKE_BUILD_TYPE: 'RelWithDebInfo',
      PHENOPRINT_SANITISE: 'ON',
    },
    facts: { ...plain.facts, sanitised: 'address, undefined' },
  }
  return withLock(join(root, '.cache/setup.lock'), () =>
    buildNative(sanitised, { cache, systemPackages: options.systemPackages }),
  )
}
