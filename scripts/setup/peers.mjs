import { join } from 'node:path'
import { withLock } from './lock.mjs'
import { root } from './paths.mjs'
import { requireVenv } from './venv.mjs'

/**
 * The Python packages that the benches are measured against, in `.cache/peers`.
 *
 * @returns {Promise<string>} the path of the Python that has them.
 * @throws {import('./fault.mjs').SetupFault} when they cannot be had.
 */
export function requirePeers() {
  return withLock(join(root, '.cache/peers.lock'), () =>
    requireVenv({
      folder: join(root, '.cache/peers'),
      requirements: join(root, 'bench/peers/requirements.txt'),
      what: 'the peers of the benches',
      systemPackages: false,
    }),
  )
}
