import { findProgram } from './browser-path.mjs'
import { describeFault, SetupFault } from './fault.mjs'
import { say } from './say.mjs'
import { installSystemPackages } from './system-packages.mjs'

/**
 * The Chromium that the tests of pages drive: the system's, installed only with `--system-packages`.
 * With `CI` set a missing one is a failure; elsewhere it is said once, and the tests that need it
 * fail by themselves.
 *
 * @param {object} context
 * @param {boolean} context.systemPackages
 * @param {NodeJS.ProcessEnv} [context.env]
 * @param {typeof installSystemPackages} [context.install]
 * @throws {SetupFault} with `CI` set.
 */
export async function prepareBrowser({
  systemPackages,
  env = process.env,
  install = installSystemPackages,
}) {
  const names = ['chromium', 'chromium-browser', 'google-chrome']
  if (findProgram(env.PHENOPRINT_CHROMIUM ? [env.PHENOPRINT_CHROMIUM] : names, env)) return
  try {
    if (!systemPackages) {
      throw new SetupFault(`no Chromium for the tests of pages: looked for ${names.join(', ')}`, {
        cures: [
          'apt-get install chromium',
          'npm test -- --system-packages, which does that',
          'name one with PHENOPRINT_CHROMIUM',
        ],
      })
    }
    await install(['chromium'], 'the browser that tests of pages drive')
  } catch (error) {
    if (env.CI || !(error instanceof SetupFault)) throw error
    say(describeFault(error))
  }
}
