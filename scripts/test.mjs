import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { prepareBrowser } from './setup/browser.mjs'
import { prepareCluster } from './setup/cluster.mjs'
import { describeFault, runMain, SetupFault } from './setup/fault.mjs'
import { withLock } from './setup/lock.mjs'
import { setupHelp, takeSetupOptions } from './setup/options.mjs'
import { prepareOracles } from './setup/oracles.mjs'
import { root } from './setup/paths.mjs'
import { run } from './setup/run.mjs'
import { setUp } from './setup.mjs'
import { verdict } from './test/verdict.mjs'

const help = `npm test [-- OPTIONS] [-- FILTERS AND OPTIONS OF VITEST]

Sets everything up, prepares the oracles, the browser and Slurm, and runs every test, as compiled.
  npm test -- packages/torch        the tests of one package
  npm test -- -t "round trip"       the tests with a name

Options:
${setupHelp}`

async function main() {
  const { options, rest } = takeSetupOptions(process.argv.slice(2))
  if (rest.includes('--help')) return console.log(help)
  try {
    await setUp(options, async () => {
      await withLock(join(root, '.cache/oracles.lock'), () => prepareOracles(options))
      await prepareBrowser(options)
      await prepareCluster(options)
    })
  } catch (error) {
    if (!(error instanceof SetupFault)) throw error
    console.log(`${describeFault(error)}\n0 passed, 1 failed`)
    return error.exitCode
  }
  const { lines, exitCode } = verdict(await runVitest(rest), rest.length === 0)
  for (const line of lines) console.log(line)
  return exitCode
}

/**
 * @param {string[]} args
 * @returns {Promise<import('./test/summary-reporter.mjs').TestSummary | undefined>}
 */
async function runVitest(args) {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'phenoprint-test-'))
  const summary = join(folder, 'summary.json')
  const words = [
    '--reporter=default',
    '--silent=passed-only',
    `--reporter=${fileURLToPath(new URL('./test/summary-reporter.mjs', import.meta.url))}`,
  ]
  try {
    const { code } = await run(
      process.execPath,
      [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...words, ...args],
      {
        cwd: root,
        // Test files run side by side: threads that wait must not take the processor from the others.
        env: { OMP_WAIT_POLICY: 'PASSIVE', ...process.env, PHENOPRINT_TEST_SUMMARY: summary },
        show: true,
      },
    )
    if (!fs.existsSync(summary)) return undefined
    const counted = JSON.parse(fs.readFileSync(summary, 'utf8'))
    // vitest sees more than tests, such as a worker that died: its word counts too.
    if (code !== 0 && counted.failed === 0) counted.failed = 1
    return counted
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

await runMain(main)
