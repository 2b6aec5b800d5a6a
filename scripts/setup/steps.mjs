import { join } from 'node:path'
import { findGloo, withoutGloo } from './gloo.mjs'
import { findLibtorch } from './libtorch.mjs'
import { withLock } from './lock.mjs'
import { buildNative, builtAddon } from './native.mjs'
import { installNpmPackages } from './npm.mjs'
import { bundlePages } from './pages.mjs'
import { cacheFolder, root } from './paths.mjs'
import { buildPixels } from './pixels.mjs'
import { platformWarning } from './platform.mjs'
import { probeEngine } from './probe.mjs'
import { duration, say } from './say.mjs'
import { torchPackage } from './torch.mjs'
import { compileTypeScript } from './typescript.mjs'

/**
 * The whole set-up, in order; what is done already is left alone.
 *
 * @param {import('./options.mjs').SetupOptions} options
 * @param {() => Promise<void>} meanwhile begun once libtorch is there, and done beside the compiling.
 * @throws {import('./fault.mjs').SetupFault} what is missing, and every way to get it.
 */
export async function runSteps(options, meanwhile) {
  const started = performance.now()
  const warning = platformWarning()
  if (warning !== undefined) say(warning)
  const cache = cacheFolder()
  const ownLock = join(root, '.cache/setup.lock')
  const cacheLock = join(cache, 'setup.lock')
  const steps = () => prepare(cache, options, meanwhile)
  // Several checkouts may share one cache; one checkout must not be set up twice at once either.
  await withLock(ownLock, () => (cacheLock === ownLock ? steps() : withLock(cacheLock, steps)))
  const took = performance.now() - started
  if (took > 5000) say(`ready after ${duration(took)}`)
}

/**
 * @param {string} cache
 * @param {import('./options.mjs').SetupOptions} options
 * @param {() => Promise<void>} meanwhile
 */
async function prepare(cache, options, meanwhile) {
  await installNpmPackages(root)
  await compileTypeScript(root)
  const libtorch = await findLibtorch({ env: process.env, cache, options })
  // pip keeps what it fetched for libtorch: the same wheel later comes from the disk.
  const outcomes = await Promise.allSettled([compile(cache, libtorch, options), meanwhile()])
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}

/**
 * @param {string} cache
 * @param {Awaited<ReturnType<typeof findLibtorch>>} libtorch
 * @param {import('./options.mjs').SetupOptions} options
 */
async function compile(cache, libtorch, { systemPackages }) {
  const gloo = await findGloo({ systemPackages })
  const torch = torchPackage(root, libtorch, gloo)
  const built = (await builtAddon(torch)) !== undefined
  await buildNative(torch, { cache, systemPackages })
  if (!built && gloo === undefined) say(withoutGloo)
  await probeEngine(root, libtorch)
  await buildPixels(root, { cache, systemPackages })
  await bundlePages(root)
}
