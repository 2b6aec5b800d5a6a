import fs from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { temporaryFolder } from '../testing/temporary.mjs'
import { prepareBrowser } from './browser.mjs'

/** @type {string[][]} */
const installed = []
afterEach(() => {
  installed.length = 0
})
/** @param {string[]} packages */
const install = async (packages) => {
  installed.push(packages)
}

it('installs Chromium with --system-packages where there is none', async () => {
  await prepareBrowser({ systemPackages: true, env: { PATH: temporaryFolder() }, install })
  expect(installed).toEqual([['chromium']])
})

it('is content with the Chromium that is there', async () => {
  const folder = temporaryFolder()
  fs.writeFileSync(join(folder, 'chromium'), '', { mode: 0o755 })
  await prepareBrowser({ systemPackages: true, env: { PATH: folder, CI: 'true' }, install })
  expect(installed).toEqual([])
})

it('fails without one in CI, and names the cures', async () => {
  const env = { PATH: temporaryFolder(), CI: 'true' }
  await expect(prepareBrowser({ systemPackages: false, env, install })).rejects.toThrow(
    'no Chromium',
  )
  expect(installed).toEqual([])
})
