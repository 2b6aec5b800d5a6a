import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { RunDirectoryError } from '../errors.js'
import { temporaryFolder } from '../testing/folder.js'
import { Lock } from './lock.js'
import { thisProcess } from './process.js'

const lockModule = JSON.stringify(new URL('./lock.js', import.meta.url).href)

/** Another process that takes the lock, does what is said, and tells how that went. */
function other(path: string, then: string): string[] {
  const program = `import { Lock } from ${lockModule}
    try { const lock = Lock.take(${JSON.stringify(path)}, 'test'); console.log('taken'); ${then} }
    catch (error) { console.log(error.message) }`
  return ['--input-type=module', '-e', program]
}

describe('Lock', () => {
  it('is held by one at a time, and can be taken again after its release', () => {
    const path = join(temporaryFolder(), 'lock')
    const first = Lock.take(path, 'phenoprint train')
    expect(() => Lock.take(path, 'phenoprint infer')).toThrow(RunDirectoryError)
    first.release()
    expect(existsSync(path)).toBe(false)
    Lock.take(path, 'phenoprint infer').release()
  })

  it('is refused while another process holds it, and taken over once that one was killed', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'lock')
    const holder = spawn(process.execPath, other(path, 'setInterval(() => {}, 1000)'))
    await once(holder.stdout, 'data')
    expect(() => Lock.take(path, 'x')).toThrow(
      new RegExp(
        `^run: ${folder} is in use by process ${holder.pid} on .* \\(test, since .*Wait until`,
      ),
    )
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    expect(existsSync(path)).toBe(true)
    Lock.take(path, 'x').release()
    expect(readdirSync(folder)).toEqual([])
  })

  it('tells a process from a later one with the same number', () => {
    const path = join(temporaryFolder(), 'lock')
    const owner = { ...thisProcess(), start: '1', purpose: 'x', since: '' }
    writeFileSync(path, JSON.stringify(owner))
    Lock.take(path, 'x').release()
  })

  it('is taken over by the next start of a Slurm job, on whatever machine, and by no other job', () => {
    const path = join(temporaryFolder(), 'lock')
    const elsewhere = { ...thisProcess(), host: 'another', boot: 'b', job: '12.0' }
    const left = (job: string) =>
      writeFileSync(path, JSON.stringify({ ...elsewhere, job, purpose: 'x', since: '' }))
    vi.stubEnv('SLURM_JOB_ID', '12')
    vi.stubEnv('SLURM_RESTART_COUNT', '1')
    onTestFinished(() => void vi.unstubAllEnvs())
    for (const other of ['12.1', '12.2', '1.0', '']) {
      left(other)
      expect(() => Lock.take(path, 'x'), other).toThrow(RunDirectoryError)
    }
    left('12.0')
    Lock.take(path, 'x').release()
  })

  it('counts every process from before a restart of the machine as gone', () => {
    const path = join(temporaryFolder(), 'lock')
    writeFileSync(path, JSON.stringify({ ...thisProcess(), boot: 'b', purpose: 'x', since: '' }))
    Lock.take(path, 'x').release()
  })

  it.each([
    [
      'of another machine',
      JSON.stringify({ ...thisProcess(), host: 'far', boot: 'b', purpose: 'x', since: '' }),
    ],
    ['that cannot be read', 'something'],
  ])('is left alone when it is one %s', (_, content) => {
    const path = join(temporaryFolder(), 'lock')
    writeFileSync(path, content)
    expect(() => Lock.take(path, 'x')).toThrow(
      `It cannot be seen from here. If it is gone, delete ${path} and try again.`,
    )
    expect(readFileSync(path, 'utf8')).toBe(content)
  })

  it('goes to exactly one of many that find a stale one at once', async () => {
    const path = join(temporaryFolder(), 'lock')
    spawnSync(process.execPath, other(path, 'process.exit()'))
    expect(existsSync(path)).toBe(true)
    const contenders = Array.from({ length: 6 }, () => {
      const child = spawn(process.execPath, other(path, 'process.stdin.resume()'))
      return once(child.stdout.setEncoding('utf8'), 'data').then(([said]) => ({ child, said }))
    })
    const outcomes = await Promise.all(contenders)
    const taken = outcomes.filter(({ said }) => said === 'taken\n')
    for (const { child } of outcomes) child.stdin.end()
    expect(taken).toHaveLength(1)
  })

  it('does not release the lock of a successor', () => {
    const path = join(temporaryFolder(), 'lock')
    const first = Lock.take(path, 'first')
    writeFileSync(path, 'successor')
    first.release()
    expect(readFileSync(path, 'utf8')).toBe('successor')
  })
})
