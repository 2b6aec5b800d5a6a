import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { findProgram } from '../setup/browser-path.mjs'
import { root } from '../setup/paths.mjs'

// The README's picture: a part of the demo's report, as a browser shows it.
const report = process.argv[2] ?? join(root, 'runs/demo/assign/report.html')
const { PHENOPRINT_CHROMIUM: named } = process.env
const executablePath = findProgram(
  named ? [named] : ['chromium', 'chromium-browser', 'google-chrome'],
  process.env,
)
if (executablePath === undefined) {
  throw new Error('no Chromium to draw the picture with: install it, or name PHENOPRINT_CHROMIUM')
}
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
try {
  const page = await browser.newPage({
    viewport: { width: 1000, height: 700 },
    colorScheme: 'light',
  })
  await page.goto(pathToFileURL(report).href)
  await page.locator('#confusion-1').evaluate((section) => section.scrollIntoView())
  await page.screenshot({
    path: join(root, 'docs/pictures/report.jpg'),
    type: 'jpeg',
    quality: 80,
  })
} finally {
  await browser.close()
}
console.log('docs/pictures/report.jpg')
