import fs from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder, write } from '../testing/temporary.mjs'
import { root } from './paths.mjs'
import { probeEngine } from './probe.mjs'

/** @type {import('./libtorch.mjs').Libtorch} */
const libtorch = { root: '/a/libtorch', version: '2.13.0', from: 'private copy' }

/**
 * A checkout whose engine is this code.
 *
 * @param {string} code
 */
function engine(code) {
  const folder = temporaryFolder()
  fs.mkdirSync(join(folder, 'scripts/setup'), { recursive: true })
  fs.copyFileSync(
    join(root, 'scripts/setup/probe-child.mjs'),
    join(folder, 'scripts/setup/probe-child.mjs'),
  )
  write(join(folder, 'packages/torch/dist/index.js'), code)
  write(join(folder, 'package.json'), '{"type":"module"}')
  return folder
}

it('the engine that is set up adds two tensors', async () => {
  await probeEngine(root, libtorch)
})

it('a libtorch that cannot be loaded is named, with the words of the loader and every way to another', async () => {
  const folder = engine(`throw new Error('libcudnn.so.9: cannot open shared object file')`)
  await expect(probeEngine(folder, libtorch)).rejects.toMatchObject({
    message: 'libtorch 2.13.0 at /a/libtorch (private copy) does not work here',
    details: expect.stringContaining('libcudnn.so.9: cannot open shared object file'),
    cures: expect.arrayContaining([
      expect.stringContaining('PHENOPRINT_LIBTORCH'),
      expect.stringContaining('PHENOPRINT_TORCH_WHEEL'),
    ]),
    exitCode: 4,
  })
})

it('one that uses an instruction which the processor lacks is named with its signal', async () => {
  await expect(
    probeEngine(
      engine(
        `process.kill(process.pid, 'SIGILL'); await new Promise(() => setInterval(() => {}, 1000))`,
      ),
      libtorch,
    ),
  ).rejects.toThrow('(ended by signal 4)')
})

it('one that computes wrongly is not taken', async () => {
  const wrong = `export const tensor = () => ({ add: () => ({ toNumbers: () => [4, 7] }) })`
  await expect(probeEngine(engine(wrong), libtorch)).rejects.toMatchObject({
    details: expect.stringContaining('[1, 2] + [3, 4] gave [4,7]'),
  })
})
