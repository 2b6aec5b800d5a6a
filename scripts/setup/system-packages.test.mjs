import fs from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { programs, temporaryFolder } from '../testing/temporary.mjs'
import { installSystemPackages } from './system-packages.mjs'

it('runs apt-get for one at a time, and for the others after a fault', async () => {
  const log = join(temporaryFolder(), 'log')
  const apt = `
case "$*" in *install*) echo "begins $4" >>${log}; sleep 0.2; echo "ends $4" >>${log};; esac
case "$*" in *broken*) exit 1;; esac`
  const sudo = 'shift; exec "$@"'
  vi.stubEnv('PATH', programs(['sh', 'env', 'sleep'], { 'apt-get': apt, sudo }))
  const words = vi.spyOn(console, 'error').mockReturnValue(undefined)
  try {
    const outcomes = await Promise.allSettled(
      ['one', 'broken', 'other'].map((name) => installSystemPackages([name], 'a test')),
    )
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  } finally {
    words.mockRestore()
    vi.unstubAllEnvs()
  }
  expect(fs.readFileSync(log, 'utf8').trim().split('\n')).toEqual(
    ['one', 'broken', 'other'].flatMap((name) => [`begins ${name}`, `ends ${name}`]),
  )
})
