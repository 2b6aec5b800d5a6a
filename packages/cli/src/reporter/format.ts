/** `3 s`, `2 min 05 s`, `1 h 02 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes} min ${twoDigits(whole % 60)} s`
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}

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
