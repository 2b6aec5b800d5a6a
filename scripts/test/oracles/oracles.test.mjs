import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { root } from '../../setup/paths.mjs'
import { temporaryFolder } from '../../testing/temporary.mjs'
import { setup } from './setup.mjs'

const python = fileURLToPath(new URL('./python', import.meta.url))
const fresh = join(root, '.cache/oracles/bin/python')

/** What a program does that is asked everything about its process. */
const everything = `
import json, os, sys
import numpy as np
print(json.dumps([
    __name__, sys.argv, sys.path, sys.executable, os.getcwd(), os.environ['OF_THE_TEST'], sys.stdin.read(),
    len(os.listdir('/proc/self/fd')), np.linalg.svd(np.vander(np.arange(9.)))[1].tolist(),
]))
print('a word of', sys.argv[1], file=sys.stderr)
sys.exit(int(sys.argv[1]))`

/** What PyTorch computes with, and a sum whose last bits depend on the number of threads. */
const computing = `
import torch
torch.manual_seed(3)
print(torch.__config__.parallel_info(), torch.nn.Conv2d(6, 32, 3)(torch.randn(4, 6, 64, 64)).sum().item())`

it('a program finds and gives what it does in a fresh process', () => {
  const folder = temporaryFolder()
  const script = join(folder, 'script.py')
  fs.writeFileSync(script, everything)
  for (const words of [
    ['-c', everything, '0'],
    ['-c', computing],
    [script, '3', 'more'],
  ]) {
    /** @param {string} which */
    const ask = (which) => {
      const { stdout, stderr, status } = spawnSync(which, words, {
        cwd: folder,
        env: { ...process.env, OF_THE_TEST: 'yes' },
        input: 'some\ninput',
        encoding: 'utf8',
      })
      return { stdout, stderr, status }
    }
    const expected = ask(fresh)
    expect(expected.stdout).not.toBe('')
    expect(ask(python)).toEqual(expected)
  }
})

it.each([
  'def divide(): return 1 / 0\ndivide()',
  'import numpy\nnumpy.zeros(-1)',
  'x = = 2',
  'import sys; sys.exit("no more")',
  'import os, sys; print("so far", flush=True); os.abort()',
  'file = open("left-open.txt", "w"); file.write("text"); print(open("left-open.txt").read())',
])('ends as in a fresh process: %j', (program) => {
  const [expected, got] = [fresh, python].map((which) => {
    const cwd = temporaryFolder()
    const { stdout, stderr, status, signal } = spawnSync(which, ['-c', program], {
      cwd,
      encoding: 'utf8',
    })
    return { stdout, stderr, status, signal, files: fs.readdirSync(cwd) }
  })
  expect(got).toEqual(expected)
})

it('programs run side by side, and are stopped with who asks', async () => {
  const meet = `
import os, sys, time
open(sys.argv[1], 'w').close()
while not os.path.exists(sys.argv[2]): time.sleep(.01)
print(os.getppid())`
  const cwd = temporaryFolder()
  const both = [
    ['one', 'other'],
    ['other', 'one'],
  ].map((names) => promisify(execFile)(python, ['-c', meet, ...names], { cwd }))
  expect((await Promise.all(both)).map(({ stderr }) => stderr)).toEqual(['', ''])

  const alone = `import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(600)`
  const asker = spawn(python, ['-c', alone])
  const [printed] = await once(asker.stdout, 'data')
  const place = `/proc/${Number(printed)}`
  expect(fs.existsSync(place)).toBe(true)
  asker.kill('SIGKILL')
  await expect.poll(() => fs.existsSync(place), { timeout: 30_000 }).toBe(false)
})

it('is imported once for all, and ends with the run', async () => {
  const before = process.env.PHENOPRINT_TEST_ORACLES
  const end = await setup()
  try {
    const program = `import sys\nprint('numpy' in sys.modules)\nimport numpy`
    const ask = () => execFileSync(python, ['-c', program], { encoding: 'utf8' }).trim()
    expect(ask()).toBe('True')
    await end()
    expect(ask()).toBe('False')
  } finally {
    process.env.PHENOPRINT_TEST_ORACLES = before
  }
})
