import { join } from 'node:path'
import { requireCompiler } from './compiler.mjs'
import { buildNative } from './native.mjs'
import { run } from './run.mjs'
import { say } from './say.mjs'
import { installSystemPackages } from './system-packages.mjs'

const packages = ['libdeflate-dev', 'libzstd-dev']

/**
 * Builds the native path of @phenoprint/pixels where libdeflate and zstd are there, or may be installed.
 * Without them the portable path does the same work, slower.
 *
 * @param {string} root
 * @param {{ cache: string, systemPackages: boolean }} context
 */
export async function buildPixels(root, context) {
  if (!(await hasHeaders(context))) {
    if (!context.systemPackages) {
      say(
        `no headers of libdeflate and zstd: images are read by the portable path, slower. Debian, Ubuntu: apt-get install ${packages.join(' ')} (npm run setup -- --system-packages does it)`,
      )
      return
    }
    await installSystemPackages(packages, 'libdeflate and zstd')
  }
  await buildNative(
    {
      folder: join(root, 'packages/pixels'),
      addon: 'phenoprint_pixels.node',
      definitions: { NODE_API_HEADERS: join(root, 'node_modules/node-api-headers/include') },
      facts: {},
    },
    context,
  )
}

/** @param {{ systemPackages: boolean }} context */
async function hasHeaders(context) {
  const { path } = await requireCompiler(context)
  const { code } = await run(path, ['-x', 'c++', '-fsyntax-only', '-'], {
    input: '#include <libdeflate.h>\n#include <zstd.h>\n',
  })
  return code === 0
}
