import { RequestFault } from './request-fault.js'

/** Bytes `start` to `end`, the latter not included. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * The part that a `Range` header asks for (RFC 9110, section 14). Several ranges at once, other units
 * and what cannot be read count as no header at all, as the standard allows.
 *
 * @param size Bytes of the whole.
 * @returns null for the whole.
 * @throws {RequestFault} 416 when no byte of it is there.
 */
export function byteRange(header: string | undefined, size: number): ByteRange | null {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return null
  if (first === '') {
    const length = Math.min(Number(last), size)
    if (length === 0) throw unsatisfiable(size)
    return { start: size - length, end: size }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return null
  if (start >= size) throw unsatisfiable(size)
  return { start, end: last === '' ? size : Math.min(Number(last) + 1, size) }
}

function unsatisfiable(size: number): RequestFault {
  return new RequestFault(416, `There are ${size} bytes.`, { 'content-range': `bytes */${size}` })
}
