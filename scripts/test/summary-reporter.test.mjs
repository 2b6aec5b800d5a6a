import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { root } from '../setup/paths.mjs'
import { temporaryFolder, write } from '../testing/temporary.mjs'

it('every kind of outcome is counted as it happened', () => {
  const folder = temporaryFolder()
  fs.symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  write(join(folder, 'package.json'), '{"type":"module"}')
  write(
    join(folder, 'outcomes.test.mjs'),
    `import { describe, expect, it } from 'vitest'
     it('passes', () => {})
     it('fails', () => expect(1).toBe(2))
     it('says why it is skipped', (context) => context.skip('no GPU on this machine'))
     it.skip('is skipped in silence', () => {})
     describe('group', () => { it('passes too', () => {}) })`,
  )
  write(join(folder, 'broken.test.mjs'), `import './not-there.mjs'`)
  write(join(folder, 'empty.test.mjs'), '')
  const summary = join(folder, 'summary.json')
  const reporter = fileURLToPath(new URL('./summary-reporter.mjs', import.meta.url))
  const { VITEST: _, ...env } = process.env
  spawnSync(
    process.execPath,
    [join(root, 'node_modules/vitest/vitest.mjs'), 'run', `--reporter=${reporter}`],
    {
      cwd: folder,
      env: { ...env, PHENOPRINT_TEST_SUMMARY: summary },
    },
  )
  expect(JSON.parse(fs.readFileSync(summary, 'utf8'))).toEqual({
    passed: 2,
    failed: 3,
    skipped: [
      { name: 'outcomes.test.mjs > says why it is skipped', reason: 'no GPU on this machine' },
      { name: 'outcomes.test.mjs > is skipped in silence', reason: '' },
    ],
  })
})
