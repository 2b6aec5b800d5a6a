/** Numbers for people. */

/** A number and what it counts: `1 plate`, `1,204 plates`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
}

/** Bytes in units of 1,024: `512 bytes`, `23.4 GiB`. */
export function bytesInWords(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** A duration: `0.8 s`, `3 s`, `34 s`, `2 min 05 s`, `1 h 02 min`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 60) return `${seconds < 9.95 ? Number(seconds.toFixed(1)) : whole} s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes} min ${twoDigits(whole % 60)} s`
  const rounded = Math.round(seconds / 60)
  return `${Math.floor(rounded / 60)} h ${twoDigits(rounded % 60)} min`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}

/** Words that end with one full stop, to say something after them. */
export function sentence(words: string): string {
  return words.replace(/\.*$/, '.')
}
