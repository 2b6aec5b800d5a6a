import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { byteRange } from './range.js'

/** Bytes of a file, or of an entry of an archive. */
export interface Content {
  readonly size: number
  /** The media type. */
  readonly type: string
  /** Changes whenever the bytes do. */
  readonly tag: string
  read(offset: number, length: number): Promise<Uint8Array>
}

/** What is read at once: a large file must not be in memory as a whole. */
const partBytes = 2 ** 20

/**
 * Answers with bytes or the range of them that was asked for, as fast as the other side takes them.
 *
 * @throws {RequestFault} 416 for a range past the end.
 */
export async function sendContent(
  request: IncomingMessage,
  response: ServerResponse,
  { size, type, tag, read }: Content,
): Promise<void> {
  response.setHeader('etag', tag)
  response.setHeader('accept-ranges', 'bytes')
  response.setHeader('cache-control', 'private, no-cache')
  if (request.headers['if-none-match'] === tag) {
    response.writeHead(304).end()
    return
  }
  const condition = request.headers['if-range']
  const asked = condition === undefined || condition === tag ? request.headers.range : undefined
  const range = byteRange(asked, size)
  const { start, end } = range ?? { start: 0, end: size }
  if (range !== null) response.setHeader('content-range', `bytes ${start}-${end - 1}/${size}`)
  response.writeHead(range === null ? 200 : 206, {
    'content-type': type,
    'content-length': end - start,
  })
  if (request.method === 'HEAD') {
    response.end()
    return
  }
  for (let at = start; at < end && !response.destroyed; at += partBytes) {
    const part = await read(at, Math.min(partBytes, end - at))
    if (!response.write(part))
      await Promise.race([once(response, 'drain'), once(response, 'close')])
  }
  response.end()
}

/** Answers with a value as JSON; numbers that are none become null. */
export function sendJson(request: IncomingMessage, response: ServerResponse, value: unknown): void {
  const bytes = Buffer.from(JSON.stringify(value))
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': bytes.byteLength,
    'cache-control': 'no-store',
  })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}
