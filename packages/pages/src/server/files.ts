import type { Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname } from 'node:path'
import type { Archives } from './archives.js'
import { nothingHere } from './request-fault.js'
import { type Content, sendContent } from './send.js'
import type { ServedFolder } from './served-folder.js'

/**
 * What a browser may take for more than bytes. Nothing that it could run: a file in the folder is
 * data, whoever wrote it. Reports are pages, but may do nothing beyond showing themselves.
 */
const types: Readonly<Record<string, string>> = {
  '.csv': 'text/csv; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.jsonl': 'text/plain; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.png': 'image/png',
  '.yml': 'text/plain; charset=utf-8',
}

/** Pages of the folder are shut off from the application: no script, no request. */
const filePolicy =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"

/** Changes when a file is written again. */
export function contentTag({ mtimeMs, size, ino }: Stats): string {
  return `"${mtimeMs.toString(36)}-${size.toString(36)}-${ino.toString(36)}"`
}

/**
 * Answers with a file of the served folder, or with an entry of an archive in it
 * (`stores/demo/HUVEC-01__1.ozx/B/02/zarr.json`): whoever reads plates need not know their form.
 *
 * @throws {RequestFault} 404, 416.
 * @throws {StoreError} when the archive is damaged.
 */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { folder, archives }: { readonly folder: ServedFolder; readonly archives: Archives },
  names: readonly string[],
): Promise<void> {
  response.setHeader('content-security-policy', filePolicy)
  const place = names.findIndex((name) => name.toLowerCase().endsWith('.ozx'))
  if (place !== -1 && place < names.length - 1) {
    const path = await folder.find(names.slice(0, place + 1))
    const stats = await stat(path)
    if (stats.isFile()) {
      const entry = archives.entry(path, stats, names.slice(place + 1).join('/'))
      return await sendContent(request, response, entry)
    }
  }
  await using file = await openFile(await folder.find(names))
  const stats = await file.handle.stat()
  if (!stats.isFile()) throw nothingHere()
  const type = types[extname(names.at(-1) ?? '').toLowerCase()] ?? 'application/octet-stream'
  await sendContent(request, response, fileContent(file.handle, stats, type))
}

async function openFile(path: string): Promise<AsyncDisposable & { readonly handle: FileHandle }> {
  // A pipe would wait for its writer: what is no plain file is not opened.
  const found = await stat(path).catch(() => null)
  if (!found?.isFile()) throw nothingHere()
  const handle = await open(path, 'r').catch(() => {
    throw nothingHere()
  })
  return { handle, [Symbol.asyncDispose]: () => handle.close() }
}

function fileContent(handle: FileHandle, stats: Stats, type: string): Content {
  return {
    size: stats.size,
    type,
    tag: contentTag(stats),
    read: async (offset, length) => {
      const bytes = new Uint8Array(length)
      for (let done = 0; done < length; ) {
        const { bytesRead } = await handle.read(bytes, done, length - done, offset + done)
        if (bytesRead === 0) throw new Error(`a file became shorter while it was sent`)
        done += bytesRead
      }
      return bytes
    },
  }
}
