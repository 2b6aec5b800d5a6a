import { readFileSync } from 'node:fs'
import { decodeInto, readHeader } from '@phenoprint/pixels'
import { serveDecoding } from './serve-decoding.mjs'

/** One image after the other, in memory that is used again, as preprocess decodes them. */
await serveDecoding(async (file) => {
  const bytes = readFileSync(file)
  const { width, height, bitDepth } = await readHeader(bytes)
  const pixels = new (bitDepth === 16 ? Uint16Array : Uint8Array)(width * height)
  await decodeInto(bytes, [0], pixels)
  return pixels
})
