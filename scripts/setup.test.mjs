import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './setup/paths.mjs'
import { writeLibtorch } from './testing/libtorch.mjs'
import { programs, temporaryFolder, write } from './testing/temporary.mjs'

/** A checkout with the scripts and the installed packages of this one, and no code of its own. */
function checkout() {
  const folder = temporaryFolder()
  for (const name of ['package.json', 'package-lock.json'])
    fs.copyFileSync(join(root, name), join(folder, name))
  for (const name of fs.readdirSync(join(root, 'packages'))) {
    write(
      join(folder, 'packages', name, 'package.json'),
      fs.readFileSync(join(root, 'packages', name, 'package.json')),
    )
  }
  fs.cpSync(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true })
  fs.symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  write(
    join(folder, 'tsconfig.json'),
    '{ "files": ["fine.ts"], "compilerOptions": { "types": [] } }',
  )
  write(join(folder, 'fine.ts'), 'export const wells = 384\n')
  write(
    join(folder, 'packages/torch/CMakeLists.txt'),
    'message(FATAL_ERROR "this test stops before")\n',
  )
  return folder
}

/**
 * @param {string} folder
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
function setup(folder, args, env) {
  const { CXX: _, PHENOPRINT_CACHE: __, ...rest } = process.env
  return spawnSync(process.execPath, ['scripts/setup.mjs', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...rest, ...env },
  })
}

describe('npm run setup', () => {
  it('on a machine without a compiler ends with one message and exit code 4, and leaves no lock', () => {
    const folder = checkout()
    const { status, stdout, stderr } = setup(folder, [], {
      PHENOPRINT_LIBTORCH: writeLibtorch(join(folder, 'libtorch')),
      PATH: programs([]),
    })
    expect(stderr).toMatch(/^setup: no C\+\+ compiler/)
    expect(stderr.match(/^setup: /gm)).toHaveLength(1)
    expect(status).toBe(4)
    expect(stdout).toBe('')
    expect(fs.readdirSync(join(folder, '.cache'))).toEqual([])
  })

  it('with a libtorch that is too old ends with one message and exit code 4', () => {
    const folder = checkout()
    const { status, stderr } = setup(folder, [], {
      PHENOPRINT_LIBTORCH: writeLibtorch(join(folder, 'libtorch'), '1.13.1'),
    })
    expect(stderr).toMatch(
      /^setup: unusable libtorch at .*: version 1\.13\.1 is older than 2\.4\.0\n/,
    )
    expect(status).toBe(4)
  })

  it('with TypeScript that does not compile ends with its errors and exit code 1', () => {
    const folder = checkout()
    write(join(folder, 'tsconfig.json'), '{ "files": ["wrong.ts"] }')
    write(join(folder, 'wrong.ts'), 'export const well: string = 384\n')
    const { status, stderr } = setup(folder, [], {})
    expect(stderr).toContain(
      "wrong.ts(1,14): error TS2322: Type 'number' is not assignable to type 'string'.",
    )
    expect(status).toBe(1)
  })

  it('refuses an option that it does not know with exit code 2', () => {
    const { status, stderr } = setup(root, ['--fast'], {})
    expect(stderr).toContain('setup: unknown option "--fast"')
    expect(status).toBe(2)
  })

  it('explains its options and variables', () => {
    const { status, stdout } = setup(root, ['--help'], {})
    expect(status).toBe(0)
    for (const word of [
      '--system-packages',
      '--use-python-torch',
      'PHENOPRINT_LIBTORCH',
      'PHENOPRINT_TORCH_WHEEL',
      'PHENOPRINT_TORCH_INDEX',
    ]) {
      expect(stdout).toContain(word)
    }
  })
})
