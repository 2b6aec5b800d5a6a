import fs from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder, write } from '../testing/temporary.mjs'
import { buildNative } from './native.mjs'
import { root } from './paths.mjs'

const cmakeLists = `cmake_minimum_required(VERSION 3.18)
project(tiny CXX)
add_library(tiny SHARED native/tiny.cc)
set_target_properties(tiny PROPERTIES PREFIX "" SUFFIX ".node")
target_include_directories(tiny PRIVATE \${NODE_API_HEADERS})
`

/** @param {string} answer a C++ expression. */
const source = (answer) => `#include <node_api.h>
NAPI_MODULE_INIT() {
  napi_value answer;
  napi_create_int32(env, ${answer}, &answer);
  return answer;
}
`

/** A package with an addon of a few lines. */
function tiny() {
  const folder = temporaryFolder()
  write(join(folder, 'CMakeLists.txt'), cmakeLists)
  write(join(folder, 'native/tiny.cc'), source('42'))
  const definitions = { NODE_API_HEADERS: join(root, 'node_modules/node-api-headers/include') }
  /** @type {import('./native.mjs').NativePackage} */
  const native = { folder, addon: 'tiny.node', definitions, facts: { libtorch: 'here' } }
  return {
    native,
    current: () => JSON.parse(fs.readFileSync(join(folder, 'build/current.json'), 'utf8')),
  }
}

const context = { cache: join(root, '.cache'), systemPackages: false }
const load = createRequire(import.meta.url)

describe('the native code', { timeout: 300_000 }, () => {
  it('is compiled once, and again only when its sources or its facts change', async () => {
    const { native, current } = tiny()
    const first = await buildNative(native, context)
    expect(load(first)).toBe(42)
    expect(current()).toMatchObject({ addon: `${current().key}/tiny.node`, libtorch: 'here' })
    const made = fs.statSync(first).mtimeMs
    expect(await buildNative(native, context)).toBe(first)
    expect(fs.statSync(first).mtimeMs).toBe(made)

    write(join(native.folder, 'native/tiny.cc'), source('43'))
    const second = await buildNative(native, context)
    expect(load(second)).toBe(43)
    expect(fs.existsSync(first), 'a process that runs may still load the first').toBe(true)

    expect(await buildNative({ ...native, facts: { libtorch: 'elsewhere' } }, context)).not.toBe(
      second,
    )
  })

  it('keeps the last three addons', async () => {
    const { native } = tiny()
    for (const libtorch of ['a', 'b', 'c', 'd', 'e'])
      await buildNative({ ...native, facts: { libtorch } }, context)
    const names = fs.readdirSync(join(native.folder, 'build'))
    expect(names.filter((name) => /^[0-9a-f]{16}$/.test(name))).toHaveLength(3)
  })

  it('stays in use when the compiler is gone, and is not taken for current when it changed too', async () => {
    const { native } = tiny()
    const addon = await buildNative(native, context)
    const { CXX } = process.env
    process.env.CXX = '/no/such/c++'
    try {
      expect(await buildNative(native, context)).toBe(addon)
      write(join(native.folder, 'native/tiny.cc'), source('44'))
      await expect(buildNative(native, context)).rejects.toThrow('no C++ compiler')
    } finally {
      if (CXX === undefined) delete process.env.CXX
      else process.env.CXX = CXX
    }
  })

  it('that does not compile is shown with its first error, and leaves the addon before it in use', async () => {
    const { native, current } = tiny()
    const addon = await buildNative(native, context)
    const before = current()
    write(join(native.folder, 'native/tiny.cc'), source('undeclared_answer'))
    await expect(buildNative(native, context)).rejects.toMatchObject({
      message: expect.stringContaining('did not compile; the whole log: '),
      details: expect.stringContaining('undeclared_answer'),
      exitCode: 4,
    })
    expect(current()).toEqual(before)
    write(join(native.folder, 'native/tiny.cc'), source('42'))
    expect(await buildNative(native, context)).toBe(addon)
  })

  it('is shown with its error, not with the warnings before it', async () => {
    const { native } = tiny()
    const warning = '#warning "harmless"\n'
    write(join(native.folder, 'native/tiny.cc'), warning.repeat(20) + source('undeclared_answer'))
    await expect(buildNative(native, context)).rejects.toMatchObject({
      details: expect.stringMatching(/^.*(In function|error:)[\s\S]*undeclared_answer/),
    })
  })

  it('is built from nothing after a build that was killed', async () => {
    const { native } = tiny()
    await buildNative(native, context)
    const build = join(native.folder, 'build')
    const work = fs.readdirSync(build).find((name) => name.startsWith('work-'))
    write(join(build, `${work}.unfinished`), '')
    write(join(build, `${work}`, 'half.o'), 'half')
    await buildNative({ ...native, facts: { libtorch: 'elsewhere' } }, context)
    expect(fs.existsSync(join(build, `${work}`, 'half.o'))).toBe(false)
    expect(fs.existsSync(join(build, `${work}.unfinished`))).toBe(false)
  })
})
