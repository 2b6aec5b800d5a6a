import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MachineError } from '@phenoprint/phenoprint/basics'
import type { Content } from './send.js'

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** The application as the browser gets it, by name; `index.html` among it. */
export type Assets = ReadonlyMap<string, Content>

/**
 * Reads what `npm run setup` bundled. Only what is in that folder now can be asked for.
 *
 * @throws {MachineError} when it was not made.
 */
export function readAssets(
  folder = fileURLToPath(new URL('../../build/', import.meta.url)),
): Assets {
  const assets = new Map<string, Content>()
  try {
    for (const name of readdirSync(folder)) {
      const type = types[extname(name)]
      if (type === undefined) continue
      const bytes = readFileSync(join(folder, name))
      const tag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"`
      const read = async (offset: number, length: number) => bytes.subarray(offset, offset + length)
      assets.set(name, { size: bytes.byteLength, type, tag, read })
    }
  } catch (cause) {
    throw new MachineError(notBuilt(folder), { cause })
  }
  if (!assets.has('index.html')) throw new MachineError(notBuilt(folder))
  return assets
}

function notBuilt(folder: string): string {
  return `serve: the pages are not in ${folder}. Make them with npm run setup.`
}
