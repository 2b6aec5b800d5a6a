import { open } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'

/** What happened to a file of lines. */
export type FileNews =
  | { readonly kind: 'line'; readonly text: string; readonly end: number }
  /** It was cut: all that was told of it before holds no more. */
  | { readonly kind: 'rewind' }
  /** All lines that are there were told. */
  | { readonly kind: 'upToDate' }

/** How often it is looked at, in milliseconds. */
const interval = 250
/** More is read in further turns. */
const mostBytes = 2 ** 20

/**
 * Lines of a file as it grows, those that are there first. A line counts once it has its end. The file
 * need not be there yet. A training that goes on after a kill cuts its events back to the last
 * checkpoint: then all lines are told again.
 *
 * @param from Byte behind the last line that is known already.
 * @param signal Ends it.
 */
export async function* followFile(
  path: string,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<FileNews> {
  let at = from
  /** The last line told, to see whether it still stands there. */
  let last = Buffer.alloc(0)
  let told = false
  while (!signal.aborted) {
    const bytes = await readFrom(path, at - last.length)
    if (bytes === null || !bytes.subarray(0, last.length).equals(last)) {
      if (at > 0) yield { kind: 'rewind' }
      at = 0
      last = Buffer.alloc(0)
      told = false
      continue
    }
    const fresh = bytes.subarray(last.length)
    const end = fresh.lastIndexOf(0x0a) + 1
    for (let start = 0; start < end; ) {
      const next = fresh.indexOf(0x0a, start) + 1
      last = Buffer.from(fresh.subarray(start, next))
      at += next - start
      yield { kind: 'line', text: last.toString('utf8').trimEnd(), end: at }
      start = next
    }
    if (end > 0 && fresh.length >= mostBytes) continue
    if (!told) yield { kind: 'upToDate' }
    told = true
    await wait(interval, undefined, { signal }).catch(() => {})
  }
}

/** Bytes from an offset on; null where the file is missing or ends before it. */
async function readFrom(path: string, offset: number): Promise<Buffer | null> {
  const file = await open(path, 'r').catch(() => null)
  if (file === null) return offset === 0 ? Buffer.alloc(0) : null
  try {
    const { size } = await file.stat()
    if (size < offset) return null
    const bytes = Buffer.alloc(Math.min(size - offset, 2 * mostBytes))
    const { bytesRead } = await file.read(bytes, 0, bytes.length, offset)
    return bytes.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
