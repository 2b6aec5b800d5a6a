import { type Browser, chromium, type Page } from 'playwright-core'
import { findBrowser } from '../../phenoprint/dist/testing/browser.js'

/** A page of the application, and all that was said on its console or failed. */
export interface OpenedPage {
  readonly page: Page
  readonly faults: readonly string[]
}

/** Chromium that draws WebGL by software: test machines have no card. */
export async function startBrowser(): Promise<Browser> {
  const args = ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader']
  return await chromium.launch({ executablePath: findBrowser(), args })
}

/** Opens an address; what the page then says on its console or fails to load is a fault. */
export async function openPage(
  browser: Browser,
  address: string,
  colorScheme: 'light' | 'dark' = 'light',
): Promise<OpenedPage> {
  const viewport = { width: 1200, height: 1000 }
  const page = await browser.newPage({ colorScheme, viewport, deviceScaleFactor: 1 })
  const faults: string[] = []
  page.on('console', (message) => faults.push(message.text()))
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('response', (answer) => {
    if (answer.status() >= 400) faults.push(`${answer.status()} ${answer.url()}`)
  })
  await page.goto(address)
  return { page, faults }
}
