const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

/** The bits of a number as bfloat16, by way of float32: to nearest, ties to even; NaN is the quiet one. */
export function bfloat16Bits(value: number): number {
  float[0] = value
  if (Number.isNaN(value)) return 0x7fc0
  const whole = bits[0] ?? 0
  return (whole + 0x7fff + ((whole >>> 16) & 1)) >>> 16
}
