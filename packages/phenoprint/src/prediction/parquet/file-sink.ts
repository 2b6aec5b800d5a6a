import { fsyncSync, ftruncateSync, writeSync } from 'node:fs'
import { ByteWriter } from 'hyparquet-writer'
import { diskFault } from '../../run/disk-fault.js'

const bufferBytes = 1 << 20

/** Appends to an open file through a buffer of about a megabyte. */
export class FileSink extends ByteWriter {
  constructor(
    private readonly file: number,
    private readonly path: string,
  ) {
    super(bufferBytes)
  }

  override ensure(size: number): void {
    if (this.index > 0 && this.index + size > bufferBytes) this.flush()
    super.ensure(size)
  }

  /**
   * Hands what is buffered to the system.
   *
   * @throws {MachineError} when the disk is full or cannot be written.
   */
  flush(): void {
    const bytes = this.getBytes()
    let position = this.offset - this.index
    try {
      for (let done = 0; done < bytes.byteLength; ) {
        const count = writeSync(this.file, bytes, done, bytes.byteLength - done, position)
        done += count
        position += count
      }
    } catch (cause) {
      throw diskFault(cause, this.path, bytes.byteLength)
    }
    this.index = 0
  }

  /** Hands everything to the disk itself. */
  sync(): void {
    this.flush()
    try {
      fsyncSync(this.file)
    } catch (cause) {
      throw diskFault(cause, this.path)
    }
  }

  /** Forgets what lies beyond a position, and goes on from there. */
  rewind(position: number): void {
    ftruncateSync(this.file, position)
    this.index = 0
    this.offset = position
  }
}
