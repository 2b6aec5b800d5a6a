import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { serveDecoding } from './serve-decoding.mjs'

/** sharp or @napi-rs/image, out of the folder that has them. */

const [name = '', packages = ''] = process.argv.slice(2)
const require = createRequire(`${packages}/package.json`)

/** @type {Record<string, () => (file: string) => Promise<Uint8Array | Uint16Array>>} */
const decoders = {
  sharp() {
    /** @type {any} its types are not installed here. */
    const sharp = require('sharp')
    sharp.cache(false)
    sharp.concurrency(1)
    return async (file) => {
      const { depth } = await sharp(file).metadata()
      const wide = depth === 'ushort'
      const image = sharp(file).toColourspace(wide ? 'grey16' : 'b-w')
      const pixels = await image.raw(wide ? { depth } : {}).toBuffer()
      return wide ? wordsOf(pixels) : pixels
    }
  },
  napi() {
    /** @type {any} */
    const { Transformer } = require('@napi-rs/image')
    return async (file) => {
      const image = new Transformer(readFileSync(file))
      const { colorType } = await image.metadata()
      const pixels = await image.rawPixels()
      return colorType === greyOf16Bits ? wordsOf(pixels) : pixels
    }
  },
}

/** As @napi-rs/image numbers kinds of pixels. */
const greyOf16Bits = 4

/** @param {Buffer} bytes */
const wordsOf = ({ buffer, byteOffset, length }) =>
  new Uint16Array(
    byteOffset % 2 === 0 ? buffer : buffer.slice(byteOffset),
    byteOffset % 2 === 0 ? byteOffset : 0,
    length / 2,
  )

const decoder = decoders[name]
if (decoder === undefined) throw new Error(`no peer ${name}`)
await serveDecoding(decoder())
