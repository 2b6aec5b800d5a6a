import { findCompiler } from './compiler.mjs'
import { run } from './run.mjs'
import { say } from './say.mjs'
import { installSystemPackages } from './system-packages.mjs'

/**
 * Whether Gloo's headers are here, which one run over several ranks needs: the code is in libtorch, its headers
 * are not in the wheel. They are installed only with `--system-packages`; without them all else works.
 *
 * @param {{ systemPackages: boolean }} context
 * @returns {Promise<boolean>}
 */
export async function haveGloo({ systemPackages }) {
  if (process.platform !== 'linux') return false
  if (await hasHeaders()) return true
  if (systemPackages) {
    await installSystemPackages(['libgloo-dev'], "Gloo's headers, for one run over several ranks")
    if (await hasHeaders()) return true
  }
  say(
    'no headers of Gloo: one run over several ranks is left out. Debian, Ubuntu: apt-get install libgloo-dev (npm run setup -- --system-packages does it)',
  )
  return false
}

async function hasHeaders() {
  const compiler = await findCompiler()
  if (compiler === undefined) return false
  const { code } = await run(compiler.path, ['-x', 'c++', '-fsyntax-only', '-'], {
    input: '#include <gloo/config.h>\n',
  })
  return code === 0
}
