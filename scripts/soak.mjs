import { runMain, SetupFault } from './setup/fault.mjs'
import { refuseUnknown, setupHelp, takeSetupOptions } from './setup/options.mjs'
import { setUp } from './setup.mjs'
import { soak, soakCases } from './soak/soak.mjs'

const help = `npm run soak [-- OPTIONS]

Trains a small network on a small synthetic screen for many steps, with its validations and checkpoints,
once for each way of computing, and says how the process's resident memory went. Exit code 1 when it grew
by more than 2 % after step 50.

Options:
  --steps N            2000 unless given, at least 300
${setupHelp}`

/** What resident memory may grow by after step 50. */
const allowed = 0.02

async function main() {
  const { options, rest } = takeSetupOptions(process.argv.slice(2))
  if (rest.includes('--help')) return console.log(help)
  const at = rest.indexOf('--steps')
  const steps = at < 0 ? 2000 : Number(rest[at + 1])
  refuseUnknown(at < 0 ? rest : rest.toSpliced(at, 2), 'npm run soak')
  if (!Number.isInteger(steps) || steps < 300) {
    throw new SetupFault(`--steps: got ${rest[at + 1]}, expected a whole number from 300 up`, {
      exitCode: 2,
    })
  }
  await setUp(options)
  let grown = 0
  for (const [name, settings] of Object.entries(soakCases)) {
    const { before, after, most, reserved } = await soak({ steps, settings })
    const growth = after / before - 1
    const inMiB = (/** @type {number} */ bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`
    console.log(
      `${name.padEnd(11)} ${steps} steps: resident ${inMiB(before)} at first, ${inMiB(after)} at last: ${(100 * growth).toFixed(2)} % (at most ${inMiB(most)}); tensors and cache ${reserved.map(inMiB).join(', then ')}`,
    )
    if (growth > allowed) grown += 1
  }
  if (grown > 0) console.log(`resident memory grew by more than ${100 * allowed} % in ${grown}`)
  return grown > 0 ? 1 : 0
}

await runMain(main)
