/** `32.3 %`; a dash where it is none. */
export function percent(share: number | null): string {
  return share === null || Number.isNaN(share) ? '–' : `${(100 * share).toFixed(1)} %`
}

/** A number with three digits behind the point; a dash where it is none. */
export function decimals(value: number | null): string {
  return value === null || Number.isNaN(value) ? '–' : value.toFixed(3)
}

/** `1 well`, `384 wells`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
}

/** A moment in the reader's own time zone, to the minute. */
export function moment(iso: string): string {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return ''
  return date.toLocaleString('sv', { dateStyle: 'short', timeStyle: 'short' })
}

/** `A` before `B`, `2` before `10`. */
export function inOrder(a: string, b: string): number {
  return collator.compare(a, b)
}

const collator = new Intl.Collator('en', { numeric: true })
