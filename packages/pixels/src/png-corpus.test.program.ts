import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeInto, PixelError, readHeader } from './index.js'

// Prints what each file of a folder decodes to: SHA-256 of its planes, or what its fault is called.
const [folder = '', ...names] = process.argv.slice(2)
const found: Record<string, string> = {}
for (const name of names) found[name] = await outcome(readFileSync(join(folder, `${name}.png`)))
console.log(JSON.stringify(found))

async function outcome(bytes: Uint8Array): Promise<string> {
  try {
    const { width, height, samples, bitDepth } = await readHeader(bytes)
    const target = new (bitDepth === 8 ? Uint8Array : Uint16Array)(width * height * samples)
    const planes = Array.from({ length: samples }, (_, sample) => sample)
    await decodeInto(bytes, planes, target)
    return createHash('sha256').update(target).digest('hex')
  } catch (error) {
    return error instanceof PixelError ? `PixelError: ${error.fault}` : String(error)
  }
}
