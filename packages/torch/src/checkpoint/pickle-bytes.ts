import { PickleFault } from './pickle-values.js'

/** Reads a pickle's bytes from front to back. */
export class ByteCursor {
  at = 0
  readonly #data: DataView

  constructor(private readonly bytes: Uint8Array) {
    this.#data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  uint8(): number {
    return this.#data.getUint8(this.#advance(1))
  }

  uint16(): number {
    return this.#data.getUint16(this.#advance(2), true)
  }

  int32(): number {
    return this.#data.getInt32(this.#advance(4), true)
  }

  uint32(): number {
    return this.#data.getUint32(this.#advance(4), true)
  }

  /** Rounded where a double cannot hold it: that is beyond any file. */
  uint64(): number {
    return Number(this.#data.getBigUint64(this.#advance(8), true))
  }

  /** Big-endian, other than the rest. */
  float64(): number {
    return this.#data.getFloat64(this.#advance(8))
  }

  /** A whole number of so many bytes, in two's complement; a bigint where a double cannot hold it. */
  long(length: number): number | bigint {
    let value = 0n
    this.take(length).forEach((byte, place) => {
      value |= BigInt(byte) << BigInt(8 * place)
    })
    const signed = BigInt.asIntN(8 * length, value)
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed
  }

  text(length: number): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.take(length))
    } catch (error) {
      if (error instanceof PickleFault) throw error
      throw new PickleFault('bytes that are not UTF-8', 'text')
    }
  }

  /** Text up to the end of a line. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at)
    if (end < 0) throw new PickleFault('a line without an end', 'a name')
    const text = this.text(end - this.at)
    this.skip(1)
    return text
  }

  take(length: number): Uint8Array {
    const start = this.#advance(length)
    return this.bytes.subarray(start, start + length)
  }

  skip(length: number): void {
    this.#advance(length)
  }

  #advance(length: number): number {
    const start = this.at
    if (start + length > this.bytes.length) {
      throw new PickleFault('its end', `${length} more bytes`)
    }
    this.at += length
    return start
  }
}
