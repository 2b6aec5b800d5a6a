import fs from 'node:fs'
import { join } from 'node:path'
import { exitCodes, runMain, SetupFault } from './setup/fault.mjs'
import { setupHelp, takeSetupOptions } from './setup/options.mjs'
import { root } from './setup/paths.mjs'
import { run } from './setup/run.mjs'
import { setUp } from './setup.mjs'

/** @typedef {{ name: string, asks: string, minutes: number }} Bench as bench/NAME/bench.json has it. */

const help = `npm run bench                      lists the benches
npm run bench -- NAME [--json] …   runs one after setting everything up; its own options follow

Options:
${setupHelp}`

async function main() {
  const { options, rest } = takeSetupOptions(process.argv.slice(2))
  const [name, ...args] = rest
  if (name === '--help') return console.log(help)
  const benches = listBenches(join(root, 'bench'))
  if (name === undefined) return console.log(describeBenches(benches))
  if (!benches.some((bench) => bench.name === name)) {
    throw new SetupFault(`there is no bench "${name}"`, {
      cures: [`one of: ${benches.map((bench) => bench.name).join(', ')}`],
      exitCode: exitCodes.usage,
    })
  }
  await setUp(options)
  const { code } = await run(process.execPath, [join(root, 'bench', name, 'run.mjs'), ...args], {
    cwd: root,
    show: true,
  })
  return code
}

/**
 * @param {string} folder
 * @returns {Bench[]}
 */
function listBenches(folder) {
  return fs
    .readdirSync(folder)
    .sort()
    .map((name) => join(folder, name, 'bench.json'))
    .filter((path) => fs.existsSync(path))
    .map((path) => JSON.parse(fs.readFileSync(path, 'utf8')))
}

/** @param {Bench[]} benches */
function describeBenches(benches) {
  const width = Math.max(...benches.map(({ name }) => name.length))
  const lines = benches.map(
    ({ name, asks, minutes }) => `  ${name.padEnd(width)}  ${asks} (about ${minutes} min)`,
  )
  return ['Run one with: npm run bench -- NAME [--json]', ...lines].join('\n')
}

await runMain(main)
