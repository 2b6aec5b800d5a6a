import { join } from 'node:path'
import { describeFault, SetupFault } from './fault.mjs'
import { root } from './paths.mjs'
import { say } from './say.mjs'
import { requireVenv } from './venv.mjs'

/**
 * The Python packages that the tests hold our results against, in `.cache/oracles`.
 * With `CI` set a missing oracle is a failure; elsewhere it is said once, and the tests that need
 * one fail by themselves.
 *
 * @param {object} context
 * @param {boolean} context.systemPackages
 * @param {NodeJS.ProcessEnv} [context.env]
 * @param {typeof requireVenv} [context.make]
 * @throws {SetupFault} with `CI` set.
 */
export async function prepareOracles({ systemPackages, env = process.env, make = requireVenv }) {
  try {
    await make({
      folder: join(root, '.cache/oracles'),
      requirements: join(root, 'requirements-oracles.txt'),
      what: 'the oracles of the tests',
      systemPackages,
      env,
    })
  } catch (error) {
    if (env.CI || !(error instanceof SetupFault)) throw error
    say(
      `no oracles: the tests that compare with Python packages will fail\n${describeFault(error)}`,
    )
  }
}
