import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { writeLibtorch } from '../testing/libtorch.mjs'
import { programs, temporaryFolder, write } from '../testing/temporary.mjs'
import { findLibtorch } from './libtorch.mjs'
import { checkLibtorch } from './libtorch-check.mjs'

/** A machine with a libtorch in every place, of which each is recognised by its version. */
function everywhere() {
  const folder = temporaryFolder()
  const python = writeLibtorch(join(folder, 'site-packages/torch'), '2.6.0')
  const path = process.env.PATH
  process.env.PATH = programs([], { python3: `echo ${python}` })
  onTestFinished(() => {
    process.env.PATH = path
  })
  return {
    named: writeLibtorch(join(folder, 'named'), '2.5.1'),
    copy: writeLibtorch(join(folder, 'cache/libtorch/2.13.0/torch'), '2.13.0'),
    python,
    cache: join(folder, 'cache'),
    makeCopy: vi.fn(async () => writeLibtorch(join(folder, 'made'), '2.12.0')),
  }
}

/** @param {boolean} usePythonTorch */
const options = (usePythonTorch) => ({ usePythonTorch, systemPackages: false })

describe('libtorch is looked for', () => {
  it('first where PHENOPRINT_LIBTORCH says', async () => {
    const { named, cache, makeCopy } = everywhere()
    const found = await findLibtorch({
      env: { PHENOPRINT_LIBTORCH: named },
      cache,
      options: options(true),
      makeCopy,
    })
    expect(found).toEqual({ root: named, version: '2.5.1', from: 'PHENOPRINT_LIBTORCH' })
  })

  it('then among the private copies', async () => {
    const { copy, cache, makeCopy } = everywhere()
    const found = await findLibtorch({ env: {}, cache, options: options(true), makeCopy })
    expect(found).toEqual({ root: copy, version: '2.13.0', from: 'private copy' })
  })

  it('then in Python, when that is allowed', async () => {
    const { copy, python, cache, makeCopy } = everywhere()
    fs.rmSync(copy, { recursive: true })
    const found = await findLibtorch({ env: {}, cache, options: options(true), makeCopy })
    expect(found).toEqual({ root: python, version: '2.6.0', from: 'Python' })
    expect(makeCopy).not.toHaveBeenCalled()
  })

  it('and else a private copy is made', async () => {
    const { copy, cache, makeCopy } = everywhere()
    fs.rmSync(copy, { recursive: true })
    const found = await findLibtorch({ env: {}, cache, options: options(false), makeCopy })
    expect(found.version).toBe('2.12.0')
    expect(makeCopy).toHaveBeenCalledOnce()
  })

  it('in a copy made from a wheel that is no longer named, but not when another wheel is', async () => {
    const { copy, cache, makeCopy } = everywhere()
    fs.renameSync(join(copy, '..'), join(cache, 'libtorch/2.6.0+cpu'))
    const context = { cache, options: options(false), makeCopy }
    expect((await findLibtorch({ ...context, env: {} })).root).toBe(
      join(cache, 'libtorch/2.6.0+cpu/torch'),
    )
    const wheel = '/somewhere/torch-2.7.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl'
    expect(
      (await findLibtorch({ ...context, env: { PHENOPRINT_TORCH_WHEEL: wheel } })).version,
    ).toBe('2.12.0')
  })

  it('in the folder above too, as archives are unpacked', async () => {
    const { cache, makeCopy } = everywhere()
    const above = temporaryFolder()
    writeLibtorch(join(above, 'libtorch'), '2.4.0')
    const found = await findLibtorch({
      env: { PHENOPRINT_LIBTORCH: above },
      cache,
      options: options(false),
      makeCopy,
    })
    expect(found).toMatchObject({ root: join(above, 'libtorch'), version: '2.4.0' })
  })

  it('and one that was named but is unusable is never passed over in silence', async () => {
    const { cache, makeCopy } = everywhere()
    const old = writeLibtorch(temporaryFolder(), '2.3.1')
    const finding = findLibtorch({
      env: { PHENOPRINT_LIBTORCH: old },
      cache,
      options: options(true),
      makeCopy,
    })
    await expect(finding).rejects.toMatchObject({
      message: `unusable libtorch at ${old} (PHENOPRINT_LIBTORCH): version 2.3.1 is older than 2.4.0`,
      exitCode: 4,
      cures: expect.arrayContaining([expect.stringContaining('PHENOPRINT_TORCH_INDEX')]),
    })
  })

  it('and a Python without torch is said', async () => {
    const { copy, cache, makeCopy } = everywhere()
    fs.rmSync(copy, { recursive: true })
    process.env.PATH = programs([], { python3: 'exit 1' })
    const finding = findLibtorch({ env: {}, cache, options: options(true), makeCopy })
    await expect(finding).rejects.toThrow(
      '--use-python-torch: neither python3 nor python in PATH has torch',
    )
  })
})

describe('a libtorch is unusable', () => {
  it('without its library', () => {
    expect(checkLibtorch(temporaryFolder())).toEqual({ fault: 'it has no lib/libtorch_cpu.so' })
  })

  it('for another processor', () => {
    const root = writeLibtorch(temporaryFolder())
    const library = join(root, 'lib/libtorch_cpu.so')
    const header = fs.readFileSync(library)
    header.writeUInt16LE(process.arch === 'arm64' ? 62 : 183, 18)
    fs.writeFileSync(library, header)
    const other = process.arch === 'arm64' ? 'x64' : 'arm64'
    expect(checkLibtorch(root)).toEqual({
      fault: `it is built for ${other}, and this Node for ${process.arch}`,
    })
  })

  it('without headers, or with headers that do not tell their version', () => {
    const root = writeLibtorch(temporaryFolder())
    write(join(root, 'include/torch/headeronly/version.h'), '#pragma once\n')
    expect(checkLibtorch(root)).toEqual({ fault: 'its headers do not tell their version' })
    fs.rmSync(join(root, 'include'), { recursive: true })
    expect(checkLibtorch(root)).toEqual({ fault: 'its headers are missing (include/ATen)' })
  })
})
