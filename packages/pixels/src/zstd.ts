import Zstd from 'numcodecs/zstd'
import { PixelError } from './errors.js'
import { native } from './native.js'

/** The part in use here: the types of Node 20 leave it to those of browsers. */
declare const WebAssembly: { readonly Memory: new (pages: { initial: number }) => object }

/** Level 1: on microscope images the higher levels gain a few per cent of size for much time. */
const codec = Zstd.fromConfig({ id: 'zstd', level: 1 })

/**
 * Bytes as one zstd frame (RFC 8878), level 1, content size given, no checksum.
 *
 * @throws {PixelError} when there is not enough memory.
 */
export async function compress(bytes: Uint8Array): Promise<Uint8Array> {
  if (native !== null) {
    const target = Buffer.allocUnsafeSlow(native.longestFrame(bytes.length))
    const length = await native.writeFrame(bytes, target)
    if (length >= 0) return new Uint8Array(target.buffer, 0, length)
  }
  requireMemory()
  try {
    return await codec.encode(bytes)
  } catch (error) {
    throw isOutOfMemory(error) ? memoryFault(error) : error
  }
}

/**
 * The content of a zstd frame whose size is known beforehand.
 *
 * @throws {PixelError} when it is no such frame, or of another size, or there is not enough memory.
 */
export async function decompress(bytes: Uint8Array, size: number): Promise<Uint8Array> {
  const announced = frameContentSize(bytes)
  if (announced !== size) {
    throw new PixelError(
      `zstd frame holds ${announced ?? 'unknown'} bytes, expected ${size}`,
      'broken',
    )
  }
  if (native !== null) {
    const target = Buffer.allocUnsafeSlow(size)
    if ((await native.readFrame(bytes, target)) === 1) return new Uint8Array(target.buffer)
  }
  requireMemory()
  try {
    const content = await codec.decode(bytes)
    if (content.length === size) return content
    throw new PixelError(`zstd frame gave ${content.length} bytes, expected ${size}`, 'broken')
  } catch (error) {
    if (error instanceof PixelError) throw error
    if (isOutOfMemory(error)) throw memoryFault(error)
    const reason = error instanceof Error ? error.message : String(error)
    throw new PixelError(`zstd frame damaged: ${reason}`, 'broken', { cause: error })
  }
}

let memoryWasThere = false

/**
 * Before the codec is first asked, because it never recovers from a start that failed, and writes of
 * it to standard error: WebAssembly reserves some gigabytes of addresses, which a limit may forbid.
 */
function requireMemory(): void {
  if (memoryWasThere) return
  try {
    new WebAssembly.Memory({ initial: 1 })
    memoryWasThere = true
  } catch (error) {
    throw memoryFault(error)
  }
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && /out of memory|\bOOM\b|allocate/i.test(error.message)
}

function memoryFault(cause: unknown): PixelError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new PixelError(`not enough memory for zstd: ${reason}`, 'memory', { cause })
}

/**
 * The size that a frame's header announces, or null. Asked before decoding, so that a hostile frame
 * cannot claim memory at will.
 *
 * @see RFC 8878, section 3.1.1.1.
 */
function frameContentSize(bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 6 || view.getUint32(0, true) !== 0xfd2fb528) return null
  const descriptor = view.getUint8(4)
  const singleSegment = (descriptor & 0x20) !== 0
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0
  const sizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0
  const offset = 5 + (singleSegment ? 0 : 1) + dictionaryBytes
  if (sizeBytes === 0 || offset + sizeBytes > bytes.length) return null
  if (sizeBytes === 1) return view.getUint8(offset)
  if (sizeBytes === 2) return view.getUint16(offset, true) + 256
  if (sizeBytes === 4) return view.getUint32(offset, true)
  return Number(view.getBigUint64(offset, true))
}
