import type { Pixels } from '@phenoprint/pixels'
import { emptyPixels, type PixelType } from './tiling.js'

/** Memory in which one site after the other is decoded and packed: new arrays of that size cost as much. */
export class SiteMemory {
  #pixels: Pixels | null = null
  #room = new Uint8Array(0)

  /** Pixels, all zero. */
  pixels(dtype: PixelType, length: number): Pixels {
    const kept = this.#pixels
    const fits = kept?.length === length && kept instanceof Uint8Array === (dtype === 'uint8')
    this.#pixels = fits && kept !== null ? kept.fill(0) : emptyPixels(dtype, length)
    return this.#pixels
  }

  /** So many bytes, of any values. */
  room(bytes: number): Uint8Array {
    if (this.#room.length < bytes) this.#room = new Uint8Array(bytes)
    return this.#room.subarray(0, bytes)
  }
}
