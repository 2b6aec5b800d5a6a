import fs from 'node:fs'
import { join, relative } from 'node:path'
import { expect, it } from 'vitest'
import { libtorchFiles } from '../testing/libtorch.mjs'
import { temporaryFolder, write } from '../testing/temporary.mjs'
import { usePip, writeWheel } from '../testing/wheels.mjs'
import { listFiles } from './files.mjs'
import { makePrivateCopy } from './libtorch-copy.mjs'

const needed = Object.fromEntries(
  Object.entries(libtorchFiles('2.13.0')).map(([path, text]) => [`torch/${path}`, text]),
)
const files = {
  ...needed,
  'torch/lib/libtorch_cpu.so': 'library',
  'torch/__init__.py': 'import this',
  'torchgen/x.py': '',
}
const context = { systemPackages: false, otherwise: ['another way'] }

/** @param {string} cache */
const inCache = (cache) => listFiles(cache).map((path) => relative(cache, path))

it('a private copy of a CPU wheel holds its libraries and headers and no Python code', async () => {
  const folder = temporaryFolder()
  const wheel = writeWheel(folder, 'torch', '2.13.0', { files, requires: ['sympy>=1.13.3'] })
  const cache = join(folder, 'cache')
  expect(await makePrivateCopy({ ...context, cache, env: { PHENOPRINT_TORCH_WHEEL: wheel } })).toBe(
    join(cache, 'libtorch/2.13.0/torch'),
  )
  expect(inCache(cache)).toEqual([
    'libtorch/2.13.0/torch/include/ATen/core/dispatch/Dispatcher.h',
    'libtorch/2.13.0/torch/include/torch/headeronly/version.h',
    'libtorch/2.13.0/torch/lib/libtorch_cpu.so',
    'libtorch/2.13.0/torch-2.13.0.dist-info/METADATA',
    'libtorch/2.13.0/torch-2.13.0.dist-info/RECORD',
    'libtorch/2.13.0/torch-2.13.0.dist-info/WHEEL',
  ])
})

it('a CUDA wheel has the packages that it declares, and what those require, unpacked beside it by pip', async () => {
  const folder = temporaryFolder()
  const index = join(folder, 'wheels')
  fs.mkdirSync(index)
  writeWheel(index, 'nvidia_cudnn_cu13', '9.20', {
    files: { 'nvidia/cudnn/lib/libcudnn.so.9': 'x' },
    requires: ['nvidia-cublas'],
  })
  writeWheel(index, 'nvidia_cublas', '13.1', { files: { 'nvidia/cu13/lib/libcublas.so.13': 'x' } })
  usePip({ PIP_NO_INDEX: '1', PIP_FIND_LINKS: index })
  const wheel = writeWheel(folder, 'torch', '2.13.0', {
    files,
    requires: ['triton==3.7.1', 'nvidia-cudnn-cu13==9.20'],
  })
  const cache = join(folder, 'cache')
  await makePrivateCopy({ ...context, cache, env: { PHENOPRINT_TORCH_WHEEL: wheel } })
  expect(inCache(cache)).toEqual(
    expect.arrayContaining([
      'libtorch/2.13.0/nvidia/cu13/lib/libcublas.so.13',
      'libtorch/2.13.0/nvidia/cudnn/lib/libcudnn.so.9',
      'libtorch/2.13.0/torch/lib/libtorch_cpu.so',
    ]),
  )
})

it('a wheel is fetched by pip from the index that is named', async () => {
  const folder = temporaryFolder()
  const index = join(folder, 'simple/torch')
  fs.mkdirSync(index, { recursive: true })
  writeWheel(index, 'torch', '2.13.0', { files })
  write(
    join(index, 'index.html'),
    '<a href="torch-2.13.0-py3-none-any.whl">torch-2.13.0-py3-none-any.whl</a>',
  )
  usePip({})
  const cache = join(folder, 'cache')
  await makePrivateCopy({
    ...context,
    cache,
    env: { PHENOPRINT_TORCH_INDEX: `file://${join(folder, 'simple')}` },
  })
  expect(inCache(cache)).toContain('libtorch/2.13.0/torch/lib/libtorch_cpu.so')
})

it('a damaged wheel leaves no copy, and the next attempt begins anew', async () => {
  const folder = temporaryFolder()
  const wheel = writeWheel(folder, 'torch', '2.13.0', { files })
  const whole = fs.readFileSync(wheel)
  const damaged = Buffer.from(whole)
  damaged[damaged.indexOf('torch/lib/libtorch_cpu.so') + 30] ^= 0xff
  fs.writeFileSync(wheel, damaged)
  const cache = join(folder, 'cache')
  const attempt = () =>
    makePrivateCopy({ ...context, cache, env: { PHENOPRINT_TORCH_WHEEL: wheel } })
  await expect(attempt()).rejects.toMatchObject({
    name: 'SetupFault',
    message: expect.stringContaining('torch-2.13.0-py3-none-any.whl'),
  })
  expect(fs.existsSync(join(cache, 'libtorch/2.13.0'))).toBe(false)
  fs.writeFileSync(wheel, whole)
  await attempt()
  expect(inCache(cache)).toContain('libtorch/2.13.0/torch/lib/libtorch_cpu.so')
})

it('a wheel of something else, or none at all, is refused by name', async () => {
  const folder = temporaryFolder()
  const wheel = writeWheel(folder, 'numpy', '2.4.6', {})
  const cache = join(folder, 'cache')
  const attempt = (/** @type {string} */ path) =>
    makePrivateCopy({ ...context, cache, env: { PHENOPRINT_TORCH_WHEEL: path } })
  await expect(attempt(wheel)).rejects.toThrow('is a wheel of numpy, not of torch')
  await expect(attempt(join(folder, 'torch-none.whl'))).rejects.toThrow(
    'torch-none.whl, which does not exist',
  )
})

it('an index that cannot be reached is said to be a network fault, with the other ways', async () => {
  usePip({ PIP_RETRIES: '1' })
  const env = { PHENOPRINT_TORCH_INDEX: 'http://127.0.0.1:9/simple' }
  await expect(
    makePrivateCopy({ ...context, cache: temporaryFolder(), env }),
  ).rejects.toMatchObject({
    message: 'no network: pip could not download torch==2.13.0',
    cures: expect.arrayContaining(['another way']),
    exitCode: 4,
  })
})

it('an index without the wheel is said to have none', async () => {
  usePip({})
  const index = temporaryFolder()
  write(join(index, 'torch/index.html'), '')
  const env = { PHENOPRINT_TORCH_INDEX: `file://${index}` }
  await expect(makePrivateCopy({ ...context, cache: temporaryFolder(), env })).rejects.toThrow(
    'pip found no wheel of torch==2.13.0 for this machine',
  )
})
