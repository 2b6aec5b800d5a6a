import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { RequestFault } from './request-fault.js'

/** Names of this machine to itself. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** The host of a `Host` header, without its port. */
function hostOf(header: string): string {
  const [, bracketed, plain = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/.exec(header) ?? []
  return (bracketed ?? plain).toLowerCase()
}

/** Decides who may ask at all. */
export interface Guard {
  /** null where none is needed: only this machine can ask. */
  readonly token: string | null
  /** Name of the cookie that carries the token; browsers keep those of all ports together. */
  readonly cookie: string
}

/**
 * Refuses a request that must not be answered. Without a token the server listens to this machine
 * alone, and the host must be one of its names: a page from elsewhere whose own name was made to point
 * here (DNS rebinding) asks under that name.
 *
 * @returns whether the token came in the address, from where it should go into the cookie.
 * @throws {RequestFault} 403 for another host, 401 without the token.
 */
export function admit(request: IncomingMessage, query: URLSearchParams, guard: Guard): boolean {
  if (guard.token === null) {
    const host = hostOf(request.headers.host ?? '')
    if (isLoopback(host)) return false
    throw new RequestFault(403, `This server answers as localhost, not as ${JSON.stringify(host)}.`)
  }
  const given = query.get('token')
  if (given !== null && same(given, guard.token)) return true
  const [, bearer] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? []
  const cookie = cookieOf(request, guard.cookie)
  if ([bearer, cookie].some((value) => value !== undefined && same(value, guard.token ?? ''))) {
    return false
  }
  throw new RequestFault(
    401,
    'This server wants its token. Open the address that phenoprint serve printed when it started.',
    { 'www-authenticate': 'Bearer' },
  )
}

/** Compared in a time that does not tell how much of it was right. */
function same(given: string, wanted: string): boolean {
  const [a, b] = [given, wanted].map((text) => createHash('sha256').update(text).digest())
  return a !== undefined && b !== undefined && timingSafeEqual(a, b)
}

function cookieOf(request: IncomingMessage, name: string): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(/; */)
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
}
