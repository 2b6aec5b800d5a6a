import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cases } from './recipes/cases.mjs'
import { screenConfiguration, spreadLabels } from './recipes/screen.mjs'
import { judge, row, tableHead } from './recipes/summary.mjs'
import { runMain, SetupFault } from './setup/fault.mjs'
import { refuseUnknown, setupHelp, takeSetupOptions } from './setup/options.mjs'
import { root } from './setup/paths.mjs'
import { lastLines, run } from './setup/run.mjs'
import { setUp } from './setup.mjs'

const help = `npm run recipes [-- OPTIONS]

Tries each recipe for RxRx1 in configs/rxrx1 on a synthetic screen of its image size (512x512, six channels)
and class count (1,108, and 31 controls): two steps as the recipe has them, microBatch lowered, and a hundred
on tiles of 64x64. Exit code 1 when a loss is not finite or does not fall, or memory grows.

Options:
  --folder PATH        keep the screen and the stores there, and go on with those that are there
  --only NAME          recipes whose name holds this, such as densenet
${setupHelp}`

async function main() {
  const { options, rest } = takeSetupOptions(process.argv.slice(2))
  if (rest.includes('--help')) return console.log(help)
  const only = take(rest, '--only') ?? ''
  const kept = take(rest, '--folder')
  refuseUnknown(rest, 'npm run recipes')
  const wanted = cases.filter(({ recipe }) => recipe.includes(only))
  if (wanted.length === 0) {
    const names = [...new Set(cases.map(({ recipe }) => recipe))].join(', ')
    throw new SetupFault(`--only: no recipe is called ${only}. Known: ${names}`, { exitCode: 2 })
  }
  await setUp(options)
  const folder = kept ?? fs.mkdtempSync(join(os.tmpdir(), 'phenoprint-recipes-'))
  try {
    await makeScreen(folder)
    return await tryAll(folder, wanted)
  } finally {
    if (kept === undefined) fs.rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * @param {string[]} rest is left without the option.
 * @param {string} option
 */
function take(rest, option) {
  const at = rest.indexOf(option)
  return at < 0 ? undefined : rest.splice(at, 2)[1]
}

/** @param {string} folder */
async function makeScreen(folder) {
  fs.mkdirSync(folder, { recursive: true })
  const settings = screenConfiguration(folder)
  if (!fs.existsSync(settings.screen.folder)) {
    await phenoprint('simulate', folder, settings)
    spreadLabels(folder)
  }
  for (const tile of [64, 256, 512]) {
    const path = storeOf(folder, tile)
    if (fs.existsSync(path)) continue
    await phenoprint('preprocess', folder, { ...settings, store: { path, tile: [tile, tile] } })
  }
}

/**
 * @param {string} folder
 * @param {readonly import('./recipes/cases.mjs').Case[]} wanted
 */
async function tryAll(folder, wanted) {
  const program = fileURLToPath(new URL('./recipes/train.mjs', import.meta.url))
  let failed = 0
  console.log(tableHead)
  for (const { recipe, tile, steps, set } of wanted) {
    const output = fs.mkdtempSync(join(folder, 'run-'))
    const all = [
      ...[`output=${join(output, 'run')}`, `store.path=${storeOf(folder, tile)}`],
      ...[`store.tile=[${tile}, ${tile}]`, ...set],
    ]
    const measured = await ran([program, join(root, `configs/rxrx1/${recipe}.yml`), ...all])
    const verdict = judge(JSON.parse(measured), steps)
    console.log(row(recipe, tile, verdict))
    if (verdict.faults.length > 0) failed += 1
    fs.rmSync(output, { recursive: true, force: true })
  }
  return failed > 0 ? 1 : 0
}

/**
 * @param {string} folder
 * @param {number} tile
 */
function storeOf(folder, tile) {
  return join(folder, `store-${tile}`)
}

/**
 * @param {string} verb
 * @param {string} folder
 * @param {object} settings
 */
async function phenoprint(verb, folder, settings) {
  const config = join(folder, `${verb}.yml`)
  // JSON is YAML.
  fs.writeFileSync(config, JSON.stringify(settings))
  await ran([join(root, 'packages/cli/bin/phenoprint.js'), verb, '-y', config])
}

/** @param {string[]} args of Node. */
async function ran(args) {
  const { code, stdout, output } = await run(process.execPath, args, { cwd: root })
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${lastLines(output)}`)
  return stdout
}

await runMain(main)
