import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../testing/temporary.mjs'
import { firstLines, lastLines, run } from './run.mjs'

describe('a program', () => {
  it('is recorded in full, with its exit code', async () => {
    const code = 'process.stdout.write("a"); process.stderr.write("b"); process.exitCode = 3'
    const outcome = await run(process.execPath, ['-e', code])
    expect(outcome).toMatchObject({ code: 3, stdout: 'a', stderr: 'b' })
    expect([...outcome.output].sort().join('')).toBe('ab')
  })

  it('reads what it is given, and nothing when it is given nothing', async () => {
    const code = 'process.stdin.pipe(process.stdout)'
    expect((await run(process.execPath, ['-e', code], { input: 'well' })).stdout).toBe('well')
    expect((await run(process.execPath, ['-e', code])).stdout).toBe('')
  })

  it('that does not exist has code 127, and one that a signal ended 128 and its number', async () => {
    expect((await run('/no/such/program', [])).code).toBe(127)
    expect((await run(process.execPath, ['-e', 'process.kill(process.pid, "SIGKILL")'])).code).toBe(
      137,
    )
  })
})

describe('a signal to the set-up', () => {
  it('ends a recorded program and all that it started', async () => {
    const folder = temporaryFolder()
    const outer = start(`await run('sh', ['-c', 'sleep 60 & echo $! >${folder}/grandchild; wait'])`)
    const grandchild = Number(await content(join(folder, 'grandchild')))
    outer.kill('SIGTERM')
    expect(await once(outer, 'close')).toEqual([143, null])
    await expect.poll(() => isRunning(grandchild)).toBe(false)
  })

  it('lets a shown program of ours finish, and takes its exit code', async () => {
    const folder = temporaryFolder()
    const program = `process.on("SIGINT", () => setTimeout(() => { fs.writeFileSync("${folder}/checkpoint", ""); process.exit(130) }, 200)); fs.writeFileSync("${folder}/ready", "1"); setInterval(() => {}, 1000)`
    const outer = start(
      `process.exitCode = (await run(process.execPath, ['-e', ${JSON.stringify(program)}], { show: true })).code`,
    )
    await content(join(folder, 'ready'))
    outer.kill('SIGINT')
    expect(await once(outer, 'close')).toEqual([130, null])
    expect(fs.existsSync(join(folder, 'checkpoint'))).toBe(true)
  })
})

it('long output is shown from its end or from its beginning', () => {
  expect(lastLines('a\nb\nc\n', 2)).toBe('b\nc')
  expect(firstLines('\na\nb\nc\n', 2)).toBe('a\nb')
})

/** @param {string} code in which `run` is there. */
function start(code) {
  const module = new URL('./run.mjs', import.meta.url).href
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', `import { run } from '${module}'\n${code}`],
    { stdio: 'ignore' },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** @param {string} path of a file that another process is about to write. */
async function content(path) {
  while (!fs.existsSync(path) || fs.readFileSync(path, 'utf8') === '') await sleep(10)
  return fs.readFileSync(path, 'utf8')
}

/** @param {number} pid */
function isRunning(pid) {
  const status = fs.existsSync(`/proc/${pid}/stat`)
    ? fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    : ' Z '
  return !status.includes(') Z ') && status !== ' Z '
}
