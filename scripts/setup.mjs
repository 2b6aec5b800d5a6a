import { runMain } from './setup/fault.mjs'
import { nodeFault } from './setup/node-version.mjs'
import { refuseUnknown, setupHelp, takeSetupOptions } from './setup/options.mjs'
import { isMain } from './setup/paths.mjs'

/**
 * Makes everything that Phenoprint needs: the npm packages, libtorch, the native code, the compiled
 * TypeScript. Quiet, and done in about a second, when all is there.
 *
 * @param {import('./setup/options.mjs').SetupOptions} options
 * @param {() => Promise<void>} [meanwhile] what waits for the network or the disk, done while the code compiles.
 * @throws {import("./setup/fault.mjs").SetupFault} what is missing, and every way to get it.
 */
export async function setUp(options, meanwhile = async () => {}) {
  const { runSteps } = await import('./setup/steps.mjs')
  await runSteps(options, meanwhile)
}

const help = `npm run setup [-- OPTIONS]   (npm run build is the same)

Installs the npm packages, finds or installs libtorch, compiles the native code and the TypeScript.

Options:
${setupHelp}`

async function main() {
  const { options, rest } = takeSetupOptions(process.argv.slice(2))
  if (rest.includes('--help')) return console.log(help)
  refuseUnknown(rest, 'npm run setup')
  await setUp(options)
}

const tooOld = nodeFault()
if (tooOld !== undefined) {
  console.error(tooOld)
  process.exit(4)
}
if (isMain(import.meta.url)) await runMain(main)
