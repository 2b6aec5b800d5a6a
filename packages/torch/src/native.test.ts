import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { engine } from './index.js'

const root = new URL('../../../', import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'phenoprint-native-'))

/** `npm run sanitise` runs these tests: the program is compiled as its addon is. */
const sanitised = process.env.ASAN_OPTIONS !== undefined

afterAll(() => rmSync(folder, { recursive: true, force: true }))

beforeAll(async () => {
  const { requireBuildTools } = await import(new URL('scripts/setup/build-tools.mjs', root).href)
  const { cacheFolder } = await import(new URL('scripts/setup/paths.mjs', root).href)
  const tools = await requireBuildTools({ cache: cacheFolder(), systemPackages: false })
  const cmake = (...args: string[]) => execFileSync(tools.cmake, args, { stdio: 'pipe' })
  cmake(
    ...['-S', fileURLToPath(new URL('packages/torch', root)), '-B', folder, '-G', tools.generator],
    `-DCMAKE_MAKE_PROGRAM=${tools.program}`,
    `-DPHENOPRINT_LIBTORCH=${engine.path}`,
    `-DNODE_API_HEADERS=${fileURLToPath(new URL('node_modules/node-api-headers/include', root))}`,
    '-DPHENOPRINT_TESTS=ON',
    `-DPHENOPRINT_SANITISE=${sanitised ? 'ON' : 'OFF'}`,
  )
  cmake('--build', folder, '--target', 'caching_allocator_test')
}, 300_000)

it('the allocator bears threads that free each other’s blocks, under every limit', () => {
  const output = execFileSync(join(folder, 'caching_allocator_test'), { encoding: 'utf8' })
  expect(output).toBe('ok\n')
})

if (sanitised) {
  it.each(['beyond', 'freed'])('the address sanitiser sees a touch of memory %s', (fault) => {
    const { status, stderr } = spawnSync(join(folder, 'caching_allocator_test'), [fault], {
      encoding: 'utf8',
      env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' },
    })
    expect(stderr).toMatch(/AddressSanitizer: use-after-poison.*trespass/s)
    expect(status).not.toBe(0)
  })
}
