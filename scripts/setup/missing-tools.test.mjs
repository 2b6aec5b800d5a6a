import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { programs, temporaryFolder } from '../testing/temporary.mjs'

/**
 * Runs one step of the set-up in a process that finds only the programs of one folder.
 *
 * @param {string} code in which `cache` is an empty folder.
 * @param {string} path
 * @param {NodeJS.ProcessEnv} [env]
 */
function step(code, path, env = {}) {
  const module = (/** @type {string} */ name) => new URL(`./${name}.mjs`, import.meta.url).href
  const program = `
    import { runMain } from '${module('fault')}'
    import { findLibtorch } from '${module('libtorch')}'
    import { requireCompiler } from '${module('compiler')}'
    import { requireBuildTools } from '${module('build-tools')}'
    import { requireVenv } from '${module('venv')}'
    const cache = '${join(temporaryFolder(), 'cache')}'
    const options = { systemPackages: ${env.SYSTEM === 'yes'}, usePythonTorch: false }
    await runMain(async () => { ${code} })`
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', program],
    {
      encoding: 'utf8',
      env: { ...env, PATH: path },
    },
  )
  return { status, stdout, stderr }
}

/** One message: it begins once, has no stack trace, and names every way out. */
function oneMessage(
  /** @type {string} */ stderr,
  /** @type {string} */ first,
  /** @type {string[]} */ cures,
) {
  expect(stderr.split('\n')[0]).toContain(first)
  expect(stderr.match(/^setup: /gm)).toHaveLength(1)
  expect(stderr).not.toMatch(/^\s+at /m)
  for (const cure of cures) expect(stderr).toContain(cure)
}

describe('a machine', () => {
  it('without a C++ compiler is told every way to get one', () => {
    const { status, stderr } = step('await requireCompiler(options)', programs([]))
    expect(status).toBe(4)
    oneMessage(stderr, 'no C++ compiler (tried c++ and g++ in PATH)', [
      'apt-get install g++',
      'dnf install gcc-c++',
      '--system-packages',
      'CXX=',
    ])
  })

  it('with a CXX that does not run is told which', () => {
    const { status, stderr } = step('await requireCompiler(options)', programs(['c++']), {
      CXX: '/no/such/c++',
    })
    expect(status).toBe(4)
    oneMessage(stderr, 'CXX=/no/such/c++ does not run', ['g++ 11 or newer'])
  })

  it('whose compiler is too old for C++20 is told its version', () => {
    const old =
      'test "$1" = --version && echo "g++ (GCC) 4.8.5" && exit 0\necho "error: unrecognized option -std=c++20" >&2\nexit 1'
    const { status, stderr } = step('await requireCompiler(options)', programs([], { 'c++': old }))
    expect(status).toBe(4)
    oneMessage(stderr, 'c++ (g++ (GCC) 4.8.5) does not compile C++20', [
      'unrecognized option',
      'CXX=',
    ])
  })

  it('without CMake and without pip is told both ways in one message', () => {
    const { status, stderr } = step('await requireBuildTools({ cache, ...options })', programs([]))
    expect(status).toBe(4)
    oneMessage(stderr, 'no pip to fetch CMake and ninja, which the system lacks,', [
      'apt-get install cmake ninja-build',
      'apt-get install python3-pip',
      'ensurepip',
    ])
  })

  it('with a CMake that is too old is treated as without', () => {
    const old = programs(['ninja'], { cmake: 'echo "cmake version 3.10.2"' })
    const { status, stderr } = step('await requireBuildTools({ cache, ...options })', old)
    expect(status).toBe(4)
    oneMessage(stderr, 'no pip to fetch cmake, which the system lacks,', ['apt-get install cmake'])
  })

  it('without pip is told every way to a libtorch', () => {
    const { status, stderr } = step(
      'await findLibtorch({ env: {}, cache, options })',
      programs([], { python3: 'echo "No module named pip" >&2; exit 1' }),
    )
    expect(status).toBe(4)
    oneMessage(stderr, 'no pip to fetch libtorch', [
      'apt-get install python3-pip',
      'PHENOPRINT_TORCH_WHEEL=',
      'PHENOPRINT_LIBTORCH=',
      '--use-python-torch',
    ])
  })

  it('without a Python for the oracles is told so', () => {
    const request = `{ folder: cache, requirements: '${join(import.meta.dirname, '../../requirements-oracles.txt')}', what: 'the oracles', ...options }`
    const { status, stderr } = step(
      `await requireVenv(${request})`,
      programs([], { python3: 'echo 3.9.2' }),
    )
    expect(status).toBe(4)
    oneMessage(stderr, 'no Python 3.11 or newer for the oracles', [
      'apt-get install python3 python3-venv',
    ])
  })

  it('without apt-get is told that --system-packages cannot help', () => {
    const { status, stderr } = step('await requireCompiler(options)', programs([]), {
      SYSTEM: 'yes',
    })
    expect(status).toBe(4)
    oneMessage(stderr, '--system-packages: there is no apt-get here to install a C++ compiler', [
      'g++',
    ])
  })
})

it('with --system-packages apt-get is asked for what is missing, and what it installs is used', () => {
  const folder = temporaryFolder()
  const place = programs(
    ['env', 'sh', 'ln', 'uname', 'sudo'].filter((name) => name !== 'sudo'),
    {
      'apt-get': `echo "$@" >>${folder}/asked; test "$1" = install && ln -s ${realCompiler()} "${folder}/bin/c++"; exit 0`,
    },
  )
  const path = `${place}:${folder}/bin:/usr/bin/never`
  const code = `const fs = await import('node:fs'); fs.mkdirSync('${folder}/bin'); const { path } = await requireCompiler(options); console.log(path, fs.readFileSync('${folder}/asked', 'utf8'))`
  const { stdout, stderr } = step(code, path, { SYSTEM: 'yes' })
  expect(stdout).toBe('c++ --version\nupdate\ninstall --yes --no-install-recommends g++\n\n')
  expect(stderr).toContain('apt-get install')
})

function realCompiler() {
  return spawnSync('sh', ['-c', 'command -v c++'], { encoding: 'utf8' }).stdout.trim()
}
