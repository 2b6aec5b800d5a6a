import type { ImageValues } from '@phenoprint/pixels'

/**
 * Memory of batches, used again. A new array of a batch's size costs as much as reading its tiles: the
 * system hands out each page anew, and the collector looks for what it can free.
 */
export class ImageBuffers {
  /** The youngest last. */
  readonly #free: ImageValues[] = []

  /** @param most How many are kept when nobody uses them. */
  constructor(private readonly most: number) {}

  /** An array of so many numbers, of any values. */
  take<Kind extends ImageValues>(Kind: new (length: number) => Kind, length: number): Kind {
    for (const [place, free] of this.#free.entries()) {
      if (!(free instanceof Kind) || free.length !== length) continue
      this.#free.splice(place, 1)
      return free
    }
    return new Kind(length)
  }

  /** Keeps an array that its user is done with. */
  give(images: ImageValues): void {
    this.#free.push(images)
    if (this.#free.length > this.most) this.#free.shift()
  }

  /** Forgets all that are kept. */
  clear(): void {
    this.#free.length = 0
  }
}
