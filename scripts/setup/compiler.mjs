import { SetupFault } from './fault.mjs'
import { lastLines, run } from './run.mjs'
import { installSystemPackages } from './system-packages.mjs'

/** @typedef {{ path: string, version: string }} Compiler */

/** The oldest that was tried. */
const oldest = 'g++ 11'

/**
 * The C++ compiler that PATH or `CXX` gives, whether or not it is new enough.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<Compiler | undefined>}
 */
export async function findCompiler(env = process.env) {
  for (const path of env.CXX ? [env.CXX] : ['c++', 'g++']) {
    const { code, stdout } = await run(path, ['--version'], { env })
    if (code === 0) return { path, version: stdout.split('\n')[0] }
  }
  return undefined
}

/**
 * A compiler that understands C++20, installed first when that is allowed.
 *
 * @param {object} context
 * @param {NodeJS.ProcessEnv} [context.env]
 * @param {boolean} context.systemPackages
 * @returns {Promise<Compiler>}
 * @throws {SetupFault} none, or too old.
 */
export async function requireCompiler({ env = process.env, systemPackages }) {
  let compiler = await findCompiler(env)
  if (compiler === undefined && systemPackages) {
    await installSystemPackages(['g++'], 'a C++ compiler')
    compiler = await findCompiler(env)
  }
  if (compiler === undefined) {
    const tried = env.CXX ? `CXX=${env.CXX} does not run` : 'tried c++ and g++ in PATH'
    throw new SetupFault(
      `no C++ compiler (${tried}): the binding to libtorch is compiled on this machine`,
      { cures },
    )
  }
  const source =
    '#include <concepts>\ntemplate <std::integral T> T same(T x) { return x; }\nint main() { return same(0); }\n'
  const { code, output } = await run(
    compiler.path,
    ['-std=c++20', '-x', 'c++', '-fsyntax-only', '-'],
    { env, input: source },
  )
  if (code === 0) return compiler
  throw new SetupFault(`${compiler.path} (${compiler.version}) does not compile C++20`, {
    details: lastLines(output, 4),
    cures,
  })
}

const cures = [
  'Debian, Ubuntu: apt-get install g++ (npm run setup -- --system-packages does it)',
  'Fedora, RHEL: dnf install gcc-c++',
  `CXX=/path/to/g++ npm run setup names one: ${oldest} or newer`,
]
