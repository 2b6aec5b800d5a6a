import { native } from './native.js'

/** CRC-32C (Castagnoli), reflected: the polynomial of RFC 3720, appendix B.4. */
const polynomial = 0x82f63b78

/** Eight tables, so that eight bytes are taken in at once (Kounavis & Berry 2005). */
const [t0, t1, t2, t3, t4, t5, t6, t7] = makeTables()

function makeTables() {
  const first = new Int32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1
    first[byte] = value
  }
  const next = (before: Int32Array) =>
    Int32Array.from(before, (value) => (value >>> 8) ^ (first[value & 255] ?? 0))
  const second = next(first)
  const third = next(second)
  const fourth = next(third)
  const fifth = next(fourth)
  const sixth = next(fifth)
  const seventh = next(sixth)
  return [first, second, third, fourth, fifth, sixth, seventh, next(seventh)] as const
}

/** The CRC-32C of bytes, as an unsigned 32-bit integer. */
export function crc32c(bytes: Uint8Array): number {
  if (native !== null) return native.crc32c(bytes)
  let crc = -1
  const whole = bytes.length - (bytes.length % 8)
  const at = (index: number) => bytes[index] ?? 0
  let i = 0
  for (; i < whole; i += 8) {
    const word = crc ^ (at(i) | (at(i + 1) << 8) | (at(i + 2) << 16) | (at(i + 3) << 24))
    crc =
      (t7[word & 255] ?? 0) ^
      (t6[(word >>> 8) & 255] ?? 0) ^
      (t5[(word >>> 16) & 255] ?? 0) ^
      (t4[word >>> 24] ?? 0) ^
      (t3[at(i + 4)] ?? 0) ^
      (t2[at(i + 5)] ?? 0) ^
      (t1[at(i + 6)] ?? 0) ^
      (t0[at(i + 7)] ?? 0)
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ (t0[(crc ^ at(i)) & 255] ?? 0)
  return ~crc >>> 0
}
