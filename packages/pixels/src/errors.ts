/**
 * Bytes that are not the pixels they should be.
 *
 * `broken`: cut short, or a checksum differs. `unsupported`: whole, but of a kind that is not read.
 * `memory`: nothing is known of them, for there was not enough memory to look.
 * The message says what is wrong with the bytes; the caller knows which file they came from.
 */
export class PixelError extends Error {
  readonly _tag = 'PixelError'
  constructor(
    message: string,
    readonly fault: 'broken' | 'unsupported' | 'memory',
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
  override get name(): string {
    return this._tag
  }
}
