import fs from 'node:fs'
import { join } from 'node:path'
import { findCompiler } from './compiler.mjs'
import { SetupFault } from './fault.mjs'
import { writeWhole } from './files.mjs'
import { buildNative, builtAddon } from './native.mjs'
import { run } from './run.mjs'
import { say } from './say.mjs'
import { installSystemPackages } from './system-packages.mjs'

const packages = ['libdeflate-dev', 'libzstd-dev']
const portable = 'images are read by the portable path, slower'

/**
 * Builds the native path of @phenoprint/pixels where a compiler, libdeflate and zstd are there, or
 * may be installed. Without them, or when its code does not compile, the portable path does the same
 * work, slower: this is said, and kept in `build/current.json` as `lacks` or `fault` in place of an
 * addon. It never ends the set-up.
 *
 * @param {string} root of the checkout.
 * @param {{ cache: string, systemPackages: boolean }} context
 */
export async function buildPixels(root, context) {
  const folder = join(root, 'packages/pixels')
  /** @type {import('./native.mjs').NativePackage} */
  const native = {
    folder,
    addon: 'phenoprint_pixels.node',
    definitions: { NODE_API_HEADERS: join(root, 'node_modules/node-api-headers/include') },
    facts: {},
  }
  if ((await builtAddon(native)) !== undefined) return
  try {
    const lacks = await whatLacks(context)
    if (lacks === undefined) await buildNative(native, context)
    else leavePortable(folder, { lacks }, `no ${lacks}: ${portable}. ${cure}`)
  } catch (error) {
    if (!(error instanceof SetupFault)) throw error
    say(error.message)
    leavePortable(folder, { fault: error.message }, portable)
  }
}

const cure = `Debian, Ubuntu: apt-get install g++ ${packages.join(' ')} (npm run setup -- --system-packages does it)`

/**
 * An addon of other sources must not serve this code.
 *
 * @param {string} folder of the package.
 * @param {{ lacks: string } | { fault: string }} why
 * @param {string} words
 */
function leavePortable(folder, why, words) {
  say(words)
  fs.mkdirSync(join(folder, 'build'), { recursive: true })
  writeWhole(join(folder, 'build/current.json'), `${JSON.stringify(why, null, 2)}\n`)
}

/**
 * @param {{ systemPackages: boolean }} context
 * @returns {Promise<string | undefined>} undefined when all is there.
 * @throws {SetupFault} when they are to be installed and cannot be.
 */
async function whatLacks({ systemPackages }) {
  if ((await findCompiler()) === undefined) {
    if (!systemPackages) return 'C++ compiler'
    await installSystemPackages(['g++'], 'a C++ compiler')
  }
  if (await hasHeaders()) return undefined
  if (!systemPackages) return 'headers of libdeflate and zstd'
  await installSystemPackages(packages, 'libdeflate and zstd')
  return undefined
}

async function hasHeaders() {
  const compiler = await findCompiler()
  if (compiler === undefined) return false
  const { code } = await run(compiler.path, ['-x', 'c++', '-fsyntax-only', '-'], {
    input: '#include <libdeflate.h>\n#include <zstd.h>\n',
  })
  return code === 0
}
