import type { IncomingMessage, ServerResponse } from 'node:http'
import { PhenoprintError } from '@phenoprint/phenoprint/basics'
import type { Archives } from './archives.js'
import type { Assets } from './assets.js'
import { discover } from './discover.js'
import { sendEvents } from './event-stream.js'
import { sendFile } from './files.js'
import { admit, type Guard } from './guard.js'
import { predictionOf } from './predictions.js'
import { nothingHere, RequestFault } from './request-fault.js'
import { callsOf, describeRun } from './runs.js'
import { segmentsOf, segmentsOfPath } from './segments.js'
import { sendContent, sendJson } from './send.js'
import type { ServedFolder } from './served-folder.js'
import type { Stores } from './stores.js'

/** What answers are made from. */
export interface Site {
  readonly folder: ServedFolder
  readonly stores: Stores
  readonly archives: Archives
  readonly assets: Assets
  readonly guard: Guard
}

/**
 * What the application may do in the browser: load from here and nowhere else. No text ever becomes script.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const headers = {
  'content-security-policy': policy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** Addresses of the application's views: the same page, which reads the address. */
const views = new Set(['', 'run', 'store', 'plate', 'well', 'wells'])

/** Answers a request: reads and never writes, and tells a fault by its status and one line. */
export async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  site: Site,
): Promise<void> {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  try {
    await route(request, response, site)
  } catch (error) {
    refuse(request, response, error)
  }
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  site: Site,
): Promise<void> {
  const [path = '', ...rest] = (request.url ?? '').split('?')
  const query = new URLSearchParams(rest.join('?'))
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw new RequestFault(405, 'This server only reads.', { allow: 'GET, HEAD' })
  }
  if (admit(request, query, site.guard)) return keepToken(response, path, query, site.guard)
  if (!path.startsWith('/')) throw new RequestFault(400, 'The address is not a path.')
  const [, first = '', below = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? []
  if (first === 'files') return await sendFile(request, response, site, segmentsOf(below))
  if (first === 'api') return await api(request, response, site, below, query)
  const name = first === 'assets' ? below : views.has(path.slice(1)) ? 'index.html' : ''
  const asset = site.assets.get(name)
  if (asset === undefined) throw nothingHere()
  await sendContent(request, response, asset)
}

async function api(
  request: IncomingMessage,
  response: ServerResponse,
  { folder, stores }: Site,
  name: string,
  query: URLSearchParams,
): Promise<void> {
  const given = (key: string): string => {
    const value = query.get(key)
    if (value === null) throw new RequestFault(400, `The address lacks ${key}=….`)
    return value
  }
  const answers: Readonly<Record<string, () => Promise<unknown>>> = {
    contents: () => discover(folder),
    run: () => describeRun(folder, given('path')),
    calls: () => callsOf(folder, given('run')),
    prediction: () =>
      predictionOf(folder, { run: given('run'), split: given('split'), unit: given('unit') }),
    store: () => stores.describe(given('path')),
    plate: () => stores.plate(given('store'), given('plate')),
  }
  if (name === 'events') {
    const run = await folder.find(segmentsOfPath(given('run')))
    return await sendEvents(request, response, `${run}/events.jsonl`)
  }
  const make = Object.hasOwn(answers, name) ? answers[name] : undefined
  if (make === undefined) throw nothingHere()
  sendJson(request, response, await make())
}

/** The token goes into a cookie and out of the address, which people copy and logs keep. */
function keepToken(
  response: ServerResponse,
  path: string,
  query: URLSearchParams,
  { token, cookie }: Guard,
): void {
  query.delete('token')
  const rest = query.size > 0 ? `?${query}` : ''
  // Two slashes at the beginning would name another server.
  const location = `/${path.replace(/^[/\\]+/, '')}${rest}`
  response
    .writeHead(303, {
      location,
      'set-cookie': `${cookie}=${token}; HttpOnly; SameSite=Lax; Path=/`,
      'cache-control': 'no-store',
    })
    .end()
}

/** What a person could mend is told; of a fault in this program only that there was one. */
function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const [status, message] =
    error instanceof RequestFault
      ? [error.status, error.message]
      : error instanceof PhenoprintError
        ? [500, error.message]
        : [500, `A fault in phenoprint: ${error instanceof Error ? error.message : error}`]
  for (const name of ['etag', 'accept-ranges', 'content-range']) response.removeHeader(name)
  const bytes = Buffer.from(`${message}\n`)
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': bytes.byteLength,
    'cache-control': 'no-store',
    ...(error instanceof RequestFault ? error.headers : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}
