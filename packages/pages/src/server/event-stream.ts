import type { IncomingMessage, ServerResponse } from 'node:http'
import { followFile } from './follow-file.js'

/** Milliseconds between words that keep a silent connection open. */
const heartbeat = 15_000

/**
 * Answers with the lines of a file as server-sent events, for as long as the other side listens. Each
 * carries the byte behind it as its id, so that a browser that was cut off goes on there. An event
 * `rewind` says that all before it holds no more, an event `current` that all there is was sent.
 */
export async function sendEvents(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
  })
  if (request.method === 'HEAD') {
    response.end()
    return
  }
  response.write('retry: 1000\n\n')
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const beat = setInterval(() => response.write(':\n\n'), heartbeat)
  const seen = Number(request.headers['last-event-id'] ?? 0)
  try {
    const from = Number.isSafeInteger(seen) && seen > 0 ? seen : 0
    for await (const news of followFile(path, from, gone.signal)) {
      if (news.kind === 'line') response.write(`id: ${news.end}\ndata: ${news.text}\n\n`)
      else if (news.kind === 'rewind') response.write('id: 0\nevent: rewind\ndata: 0\n\n')
      else response.write('event: current\ndata: 0\n\n')
    }
  } finally {
    clearInterval(beat)
    response.end()
  }
}
