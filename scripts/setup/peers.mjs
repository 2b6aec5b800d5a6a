import fs from 'node:fs'
import { join } from 'node:path'
import { SetupFault } from './fault.mjs'
import { withLock } from './lock.mjs'
import { runNpm } from './npm.mjs'
import { root } from './paths.mjs'
import { firstLines } from './run.mjs'
import { sayWhile } from './say.mjs'
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

/**
 * The Node packages that the benches are measured against, in `.cache/peers-node`. Their install scripts
 * do not run: they would fetch what a CPU has no use for.
 *
 * @returns {Promise<string>} the folder that has them.
 * @throws {SetupFault} when they cannot be had.
 */
export function requireNodePeers() {
  const folder = join(root, '.cache/peers-node')
  const wanted = fs.readFileSync(join(root, 'bench/peers/package.json'), 'utf8')
  const stamp = join(folder, 'package.json')
  return withLock(join(root, '.cache/peers-node.lock'), async () => {
    if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === wanted) return folder
    const made = `${folder}.unfinished`
    fs.rmSync(made, { recursive: true, force: true })
    fs.mkdirSync(made, { recursive: true })
    fs.writeFileSync(join(made, 'package.json'), wanted)
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', made]
    const outcome = await sayWhile('installing the Node peers of the benches with npm', () =>
      runNpm(made, args),
    )
    if (outcome.code !== 0) {
      throw new SetupFault(
        'the Node packages that the benches are measured against cannot be had',
        {
          details: firstLines(outcome.stderr),
          cures: ['no network: connect, or set HTTPS_PROXY, then run this again'],
        },
      )
    }
    fs.rmSync(folder, { recursive: true, force: true })
    fs.renameSync(made, folder)
    return folder
  })
}
