import type { FileHandle } from 'node:fs/promises'
import type { AsyncBuffer } from 'hyparquet'

/** A part of a file that is in memory. */
interface Part {
  readonly start: number
  readonly bytes: Uint8Array<ArrayBuffer>
}

/**
 * A file for hyparquet that can be read ahead: many small reads next to each other, as of the columns of
 * a row group, take longer to be asked for than to be done.
 */
export class AheadBuffer implements AsyncBuffer {
  private readonly parts = new Set<Part>()

  constructor(
    private readonly handle: FileHandle,
    readonly byteLength: number,
  ) {}

  /** Bytes from `start` up to `end`; a RangeError when the file ends before. */
  async slice(start: number, end = this.byteLength): Promise<ArrayBuffer> {
    for (const part of this.parts) {
      const from = start - part.start
      const to = end - part.start
      if (from >= 0 && to <= part.bytes.byteLength) return part.bytes.buffer.slice(from, to)
    }
    return (await this.read(start, end)).buffer
  }

  /** Does some work with a part of the file in memory. */
  async ahead<T>(start: number, end: number, work: () => Promise<T>): Promise<T> {
    const part = { start, bytes: await this.read(start, end) }
    this.parts.add(part)
    try {
      return await work()
    } finally {
      this.parts.delete(part)
    }
  }

  private async read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(end - start)
    for (let done = 0; done < bytes.byteLength; ) {
      const { bytesRead } = await this.handle.read(
        bytes,
        done,
        bytes.byteLength - done,
        start + done,
      )
      if (bytesRead === 0) throw new RangeError(`the file ends at byte ${start + done}`)
      done += bytesRead
    }
    return bytes
  }
}
