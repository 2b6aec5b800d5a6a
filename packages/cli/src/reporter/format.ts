/** A whole number with separators; any other with four decimals, very large or small in powers. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (Number.isInteger(value)) return value.toLocaleString('en')
  const size = Math.abs(value)
  return size >= 1e6 || size < 1e-3 ? value.toExponential(3) : value.toFixed(4)
}

/** A rate to three digits. */
export function rate(perSecond: number): string {
  return perSecond >= 100
    ? Math.round(perSecond).toLocaleString('en')
    : String(Number(perSecond.toPrecision(3)))
}
