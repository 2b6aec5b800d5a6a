import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder, write } from '../testing/temporary.mjs'
import { withLock } from './lock.mjs'

const lockModule = new URL('./lock.mjs', import.meta.url).href

/**
 * A process that takes the lock, writes its name on entering and on leaving, and holds it in between.
 *
 * @param {string} folder
 * @param {string} name
 * @param {number} milliseconds
 */
function holder(folder, name, milliseconds) {
  const program = `
    import fs from 'node:fs'
    import { setTimeout as sleep } from 'node:timers/promises'
    import { withLock } from '${lockModule}'
    await withLock('${folder}/x.lock', async () => {
      fs.appendFileSync('${folder}/log', '+${name}\\n')
      await sleep(${milliseconds})
      fs.appendFileSync('${folder}/log', '-${name}\\n')
    }, { pollMilliseconds: 5 })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let words = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    words += text
  })
  return { child, ended: once(child, 'close'), words: () => words }
}

/** @param {string} path */
async function waitFor(path) {
  while (!fs.existsSync(path)) await sleep(5)
}

/** @param {object} changes */
function owner(changes) {
  return JSON.stringify({
    host: hostname(),
    pid: process.pid,
    started: 'never',
    id: 'x',
    ...changes,
  })
}

describe('a lock', () => {
  it('lets one process in at a time, and says who is waited for', async () => {
    const folder = temporaryFolder()
    const holders = ['a', 'b', 'c', 'd'].map((name) => holder(folder, name, 60))
    await Promise.all(holders.map(({ ended }) => ended))
    const lines = fs.readFileSync(join(folder, 'log'), 'utf8').trim().split('\n')
    expect(lines).toHaveLength(8)
    for (let index = 0; index < 8; index += 2)
      expect(lines[index + 1]).toBe(lines[index].replace('+', '-'))
    expect(holders.map(({ words }) => words()).join('')).toContain(
      'waiting for another set-up to finish (process ',
    )
    expect(fs.readdirSync(folder)).toEqual(['log'])
  })

  it('of a process that was killed is taken over', async () => {
    const folder = temporaryFolder()
    const { child, ended } = holder(folder, 'killed', 60_000)
    await waitFor(join(folder, 'log'))
    child.kill('SIGKILL')
    await ended
    expect(fs.existsSync(join(folder, 'x.lock'))).toBe(true)
    expect(await withLock(join(folder, 'x.lock'), async () => 'in')).toBe('in')
    expect(fs.existsSync(join(folder, 'x.lock'))).toBe(false)
  })

  it('of a process that ended is taken over by one of those that wait', async () => {
    const folder = temporaryFolder()
    const { pid } = spawnSync(process.execPath, ['--version'])
    write(join(folder, 'x.lock'), owner({ pid }))
    await Promise.all(['a', 'b', 'c'].map((name) => holder(folder, name, 30).ended))
    const lines = fs.readFileSync(join(folder, 'log'), 'utf8').trim().split('\n')
    for (let index = 0; index < 6; index += 2)
      expect(lines[index + 1]).toBe(lines[index].replace('+', '-'))
  })

  it('whose process number was given to another process is taken over', async () => {
    const path = write(join(temporaryFolder(), 'x.lock'), owner({ started: '1' }))
    expect(await withLock(path, async () => 'in')).toBe('in')
  })

  it('of another machine holds while it is touched, and is taken over when it falls silent', async () => {
    const path = write(join(temporaryFolder(), 'x.lock'), owner({ host: 'another.machine' }))
    let inside = false
    const work = withLock(
      path,
      async () => {
        inside = true
      },
      { pollMilliseconds: 5 },
    )
    await sleep(150)
    expect(inside).toBe(false)
    const longAgo = new Date(Date.now() - 120_000)
    fs.utimesSync(path, longAgo, longAgo)
    await work
    expect(inside).toBe(true)
  })

  it('is given back when the work fails', async () => {
    const path = join(temporaryFolder(), 'x.lock')
    await expect(withLock(path, () => Promise.reject(new Error('no compiler')))).rejects.toThrow(
      'no compiler',
    )
    expect(fs.existsSync(path)).toBe(false)
  })
})
