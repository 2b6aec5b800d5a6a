import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { sanitisedAddon } from './sanitise/build.mjs'
import { checkedEnvironment, reportsIn } from './sanitise/environment.mjs'
import { runMain } from './setup/fault.mjs'
import { withLock } from './setup/lock.mjs'
import { setupHelp, takeSetupOptions } from './setup/options.mjs'
import { prepareOracles } from './setup/oracles.mjs'
import { root } from './setup/paths.mjs'
import { run } from './setup/run.mjs'
import { setUp } from './setup.mjs'

const help = `npm run sanitise [-- OPTIONS] [-- FILTERS AND OPTIONS OF VITEST]

Compiles the binding to libtorch with the address and the undefined-behaviour sanitiser, beside the
build in use, and runs the tests of packages/torch with it. Needs g++ with its libasan and libubsan.
  npm run sanitise -- packages/torch/dist/fused     some of the tests

Options:
${setupHelp}`

/** Checked code is several times slower. */
const patience = ['--testTimeout=900000', '--hookTimeout=900000']

async function main() {
  const { options, rest } = takeSetupOptions(process.argv.slice(2))
  if (rest.includes('--help')) return console.log(help)
  await setUp(options)
  await withLock(join(root, '.cache/oracles.lock'), () => prepareOracles(options))
  const addon = await sanitisedAddon(options)
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'phenoprint-sanitise-'))
  try {
    const filters = rest.length > 0 ? rest : ['packages/torch/dist']
    const { code } = await run(
      process.execPath,
      [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...patience, ...filters],
      { cwd: root, env: await checkedEnvironment(addon, folder), show: true },
    )
    const reports = reportsIn(folder)
    for (const report of reports) console.log(report)
    console.log(reports.length === 0 ? 'sanitisers: clean' : `sanitisers: ${reports.length} faults`)
    return code !== 0 || reports.length > 0 ? 1 : 0
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

await runMain(main)
