/**
 * IEEE 754 half precision (binary16) to and from single precision; Node 20 has no Float16Array.
 */
const singles = new Float32Array(1)
const bits = new Uint32Array(singles.buffer)

/** The nearest halves, ties to even; beyond 65,504 the infinities. */
export function toHalves(values: Float32Array): Uint16Array {
  const halves = new Uint16Array(values.length)
  for (let i = 0; i < values.length; i++) {
    singles[0] = values[i] ?? 0
    halves[i] = halfOf(bits[0] ?? 0)
  }
  return halves
}

/** The same numbers, exactly. */
export function fromHalves(halves: Uint16Array): Float32Array {
  const table = singlesOfHalves()
  return Float32Array.from(halves, (half) => table[half] ?? Number.NaN)
}

function halfOf(single: number): number {
  const sign = (single >>> 16) & 0x8000
  const magnitude = single & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  // From 65,520 on the nearest half is infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  if (magnitude >= 0x38800000) {
    // Normal: 13 bits of the significand go, rounded to even; the exponent's offset falls by 112.
    const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1)
    return sign | ((rounded - 0x38000000) >>> 13)
  }
  // Subnormal: whole multiples of 2^-24, which is what remains after scaling; Math.fround is exact.
  if (magnitude < 0x33000000) return sign
  const shift = 126 - (magnitude >>> 23)
  const significand = (magnitude & 0x7fffff) | 0x800000
  const whole = significand >>> shift
  const rest = significand & ((1 << shift) - 1)
  const tie = 1 << (shift - 1)
  const up = rest > tie || (rest === tie && (whole & 1) === 1)
  return sign | (up ? whole + 1 : whole)
}

let table: Float32Array | undefined

function singlesOfHalves(): Float32Array {
  table ??= Float32Array.from({ length: 0x10000 }, (_, half) => {
    const sign = half & 0x8000 ? -1 : 1
    const exponent = (half >>> 10) & 0x1f
    const significand = half & 0x3ff
    if (exponent === 0x1f) return significand === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
    if (exponent === 0) return sign * significand * 2 ** -24
    return sign * (1 + significand / 1024) * 2 ** (exponent - 15)
  })
  return table
}
