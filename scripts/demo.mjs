import { join } from 'node:path'
import { runMain } from './setup/fault.mjs'
import { refuseUnknown, setupHelp, takeSetupOptions } from './setup/options.mjs'
import { root } from './setup/paths.mjs'
import { run } from './setup/run.mjs'
import { setUp } from './setup.mjs'

const help = `npm run demo

Sets everything up, then goes the whole way on a synthetic screen: simulate, preprocess, train,
fine-tune, infer, ensemble, and a summary with the figures it asks for. Exit code 1 when one of
them is missed. Finished stages are skipped when it is run again.

Options:
${setupHelp}`

async function main() {
  const { options, rest } = takeSetupOptions(process.argv.slice(2))
  if (rest.includes('--help')) return console.log(help)
  refuseUnknown(rest, 'npm run demo')
  await setUp(options)
  const command = join(root, 'packages/cli/bin/phenoprint.js')
  for (const args of [
    [command, 'run', '-y', 'configs/demo/all.yml'],
    [join(root, 'scripts/demo/summary.mjs')],
  ]) {
    const { code } = await run(process.execPath, args, { cwd: root, show: true })
    if (code !== 0) return code
  }
}

await runMain(main)
