import fs from 'node:fs'
import { join } from 'node:path'
import { runMain } from './setup/fault.mjs'
import { refuseUnknown, setupHelp, takeSetupOptions } from './setup/options.mjs'
import { root } from './setup/paths.mjs'
import { run } from './setup/run.mjs'
import { setUp } from './setup.mjs'

const help = `npm run demo

Sets everything up, then goes the whole way on a synthetic screen: simulate, preprocess, train,
fine-tune, infer, ensemble, assign, submit, evaluate, choose, embed, explain, a report, and a summary with
the figures it asks for. Exit code 1 when one of them is missed. Finished stages are skipped when it is run again, and refused when configs/demo has
changed since: then begin afresh.

Options:
  --fresh              delete what an earlier demo made (runs/demo, stores/demo, screens/demo) first
  --picture            draw docs/pictures/report.jpg from the report at the end; needs Chromium
${setupHelp}`

/** What phenoprint ends with when a folder holds runs, or a store, of other settings. */
const refusals = [2, 3]
const afresh = 'If configs/demo has changed since the last demo: npm run demo -- --fresh'

/** What the report at the end tells of; it lies in the first. */
const reported = ['assign', 'ensemble', 'infer', 'embed', 'explain', 'train', 'fine-tune'].map(
  (name) => `runs/demo/${name}`,
)

const made = ['runs/demo', 'stores/demo', 'screens/demo']

async function main() {
  const { options, rest } = takeSetupOptions(process.argv.slice(2))
  if (rest.includes('--help')) return console.log(help)
  const own = ['--fresh', '--picture']
  refuseUnknown(
    rest.filter((option) => !own.includes(option)),
    'npm run demo',
  )
  await setUp(options)
  if (rest.includes('--fresh')) {
    for (const folder of made) fs.rmSync(join(root, folder), { recursive: true, force: true })
  }
  const command = join(root, 'packages/cli/bin/phenoprint.js')
  const steps = [
    [command, 'run', '-y', 'configs/demo/all.yml'],
    [command, 'report', ...reported],
    [join(root, 'scripts/demo/summary.mjs')],
    ...(rest.includes('--picture') ? [[join(root, 'scripts/demo/picture.mjs')]] : []),
  ]
  for (const args of steps) {
    const { code } = await run(process.execPath, args, { cwd: root, show: true })
    if (refusals.includes(code)) console.error(afresh)
    if (code !== 0) return code
  }
}

await runMain(main)
