import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/**
 * Answers each line, a file that lists images, with the seconds that decoding all of them took, and
 * the sum of their pixels.
 *
 * @param {(file: string) => Promise<Uint8Array | Uint16Array>} decode
 */
export async function serveDecoding(decode) {
  for await (const line of createInterface({ input: process.stdin })) {
    const files = readFileSync(line, 'utf8').trim().split('\n')
    const decoded = []
    const began = performance.now()
    for (const file of files) decoded.push(await decode(file))
    const seconds = (performance.now() - began) / 1000
    console.log(JSON.stringify([seconds, decoded.reduce((sum, pixels) => sum + sumOf(pixels), 0)]))
  }
}

/** @param {Uint8Array | Uint16Array} pixels */
function sumOf(pixels) {
  let sum = 0
  for (const pixel of pixels) sum += pixel
  return sum
}
