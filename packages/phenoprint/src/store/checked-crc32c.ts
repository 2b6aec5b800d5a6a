import * as zarrita from 'zarrita'
import { checked } from './shard.js'

/** The checksum behind a chunk or a shard's index. zarrita's own codec cuts it off and looks no further. */
class CheckedCrc32c {
  readonly kind = 'bytes_to_bytes'

  static fromConfig(): CheckedCrc32c {
    return new CheckedCrc32c()
  }

  encode(): never {
    throw new TypeError('plates of others are only read')
  }

  /** @throws {StoreError} when the bytes have another checksum. */
  decode(bytes: Uint8Array): Uint8Array {
    return checked(bytes, 'the chunk or index')
  }

  computeEncodedSize(size: number): number {
    return size + 4
  }
}

/** Has zarrita verify the CRC-32C of whatever it reads in this process, where an array has that codec. */
export function verifyCrc32c(): void {
  zarrita.registry.set('crc32c', async () => CheckedCrc32c)
}
