import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { programs, temporaryFolder, write } from '../testing/temporary.mjs'
import { root as checkout } from './paths.mjs'

const sources = 'packages/pixels'

/** A checkout with the native code of pixels, and nothing built. */
function checkoutOfPixels() {
  const root = temporaryFolder()
  fs.cpSync(join(checkout, sources, 'native'), join(root, sources, 'native'), { recursive: true })
  fs.cpSync(join(checkout, sources, 'CMakeLists.txt'), join(root, sources, 'CMakeLists.txt'))
  fs.mkdirSync(join(root, 'node_modules'))
  const headers = 'node_modules/node-api-headers'
  fs.symlinkSync(join(checkout, headers), join(root, headers))
  return root
}

/**
 * Builds pixels in a process that finds only the programs of `path`.
 *
 * @param {string} root
 * @param {{ path?: string, systemPackages?: boolean, headers?: string }} [how]
 */
function build(root, { path = process.env.PATH, systemPackages = false, headers = '' } = {}) {
  const module = new URL('./pixels.mjs', import.meta.url).href
  const context = JSON.stringify({ cache: join(root, '.cache'), systemPackages })
  const program = `import { buildPixels } from '${module}'; await buildPixels('${root}', ${context})`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    env: { ...process.env, CXX: '', PATH: path, CPLUS_INCLUDE_PATH: headers },
  })
  const file = join(root, sources, 'build/current.json')
  return { status, stderr, current: JSON.parse(fs.readFileSync(file, 'utf8')) }
}

describe('the native pixels', { timeout: 300_000 }, () => {
  it('are left out where there is no compiler, in a line', () => {
    const { status, stderr, current } = build(checkoutOfPixels(), { path: programs([]) })
    expect(status).toBe(0)
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^setup: no C\+\+ compiler: .*portable path.*libdeflate-dev/),
    ])
    expect(current).toEqual({ lacks: 'C++ compiler' })
  })

  it('are left out where there are no headers, in a line that says how to get them', () => {
    const compiler = 'test "$1" = --version && echo "g++ 14" && exit 0\nexit 1'
    const { status, stderr, current } = build(checkoutOfPixels(), {
      path: programs([], { 'c++': compiler }),
    })
    expect(status).toBe(0)
    expect(stderr).toMatch(/^setup: no headers of libdeflate and zstd: .*--system-packages/)
    expect(current).toEqual({ lacks: 'headers of libdeflate and zstd' })
  })

  it('are left out where the packages cannot be installed', () => {
    const compiler = 'test "$1" = --version && echo "g++ 14" && exit 0\nexit 1'
    const { status, stderr, current } = build(checkoutOfPixels(), {
      path: programs([], { 'c++': compiler }),
      systemPackages: true,
    })
    expect(status).toBe(0)
    expect(stderr).toContain('there is no apt-get here to install libdeflate and zstd')
    expect(current).toMatchObject({ fault: expect.stringContaining('no apt-get') })
  })

  it('that do not compile are left out, with the path of the log', () => {
    const root = checkoutOfPixels()
    write(join(root, sources, 'native/tile.cc'), '#error "broken on purpose"\n')
    write(join(root, sources, 'build/current.json'), '{"addon":"old/x.node","key":"old"}')
    for (const header of ['libdeflate.h', 'zstd.h']) write(join(root, 'include', header), '')
    const { status, stderr, current } = build(root, { headers: join(root, 'include') })
    expect(status).toBe(0)
    expect(stderr).toMatch(/did not compile; the whole log: .*log\.txt\nsetup: images are read by/)
    expect(current, 'no addon of other sources').toEqual({
      fault: expect.stringContaining('did not compile'),
    })
  })
})
