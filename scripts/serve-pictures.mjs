import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { PageServer } from '@phenoprint/pages'
import { loadConfig, preprocess, silentReporter, simulate } from '@phenoprint/phenoprint'
import { chromium } from 'playwright-core'
import { findProgram } from './setup/browser-path.mjs'
import { SetupFault } from './setup/fault.mjs'
import { root } from './setup/paths.mjs'

/**
 * Draws docs/pictures/serve-well.jpg: a well of a synthetic screen, as `phenoprint serve` shows it.
 *
 *   node scripts/serve-pictures.mjs
 */

const folder = fs.mkdtempSync(join(os.tmpdir(), 'phenoprint-pictures-'))
const names = ['chromium', 'chromium-browser', 'google-chrome']
const executablePath = findProgram(names, process.env)
if (executablePath === undefined) {
  throw new SetupFault('there is no Chromium', { cures: ['apt-get install chromium'] })
}
try {
  const screen = join(folder, 'screen')
  await simulate(
    loadConfig(join(root, 'configs/demo/simulate.yml'), {
      set: [
        `simulation.folder=${screen}`,
        'simulation.image={"size": 512, "pixelSize": 0.65}',
        'simulation.cellTypes={"U2OS": {"train": 1, "test": 1}}',
      ],
    }),
    silentReporter,
  )
  await preprocess(
    loadConfig(join(root, 'configs/demo/preprocess.yml'), {
      set: [`screen.folder=${screen}`, `store.path=${join(folder, 'store')}`],
    }),
    silentReporter,
  )
  const server = await PageServer.start(folder, { host: '127.0.0.1', port: 0 })
  const args = ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader']
  const browser = await chromium.launch({ executablePath, args })
  const page = await browser.newPage({ viewport: { width: 1100, height: 1080 } })
  await page.goto(`${server.address}plate?store=store&plate=U2OS-01/1`)
  await page.locator('[data-plot=well-map] a[href*=B03]').first().click()
  await page.locator('.viewer canvas').waitFor()
  await page.waitForTimeout(3000)
  await page.screenshot({
    path: join(root, 'docs/pictures/serve-well.jpg'),
    type: 'jpeg',
    quality: 82,
  })
  await browser.close()
  await server.close()
} finally {
  fs.rmSync(folder, { recursive: true })
}
