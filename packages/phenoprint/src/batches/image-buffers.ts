/**
 * Memory of batches, used again. A new array of a batch's size costs as much as reading its tiles: the
 * system hands out each page anew, and the collector looks for what it can free.
 */
export class ImageBuffers {
  /** The youngest last. */
  readonly #free: Float32Array[] = []

  /** @param most How many are kept when nobody uses them. */
  constructor(private readonly most: number) {}

  /** An array of so many numbers, of any values. */
  take(length: number): Float32Array {
    const place = this.#free.findIndex((free) => free.length === length)
    const [found] = place < 0 ? [] : this.#free.splice(place, 1)
    return found ?? new Float32Array(length)
  }

  /** Keeps an array that its user is done with. */
  give(images: Float32Array): void {
    this.#free.push(images)
    if (this.#free.length > this.most) this.#free.shift()
  }

  /** Forgets all that are kept. */
  clear(): void {
    this.#free.length = 0
  }
}
