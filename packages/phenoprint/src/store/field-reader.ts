import type { ImageHeader, Pixels } from '@phenoprint/pixels'
import { ImageError, StoreError } from '../errors.js'
import { sentence } from '../words.js'
import { fieldPath } from './field-path.js'
import type { ImagePart } from './tiling.js'
import { openContainer, type ZarrContainer } from './zarr-container.js'
import { ZarrField } from './zarr-field.js'

/** Fields whose metadata are kept. */
const mostFields = 1000

/** Reads fields of OME-Zarr plates by their paths: `plates/P1.ozx/B/02/0`. */
export class FieldReader implements Disposable {
  readonly #plates = new Map<string, ZarrContainer>()
  readonly #fields = new Map<string, Promise<ZarrField>>()

  /** Bytes of a field's metadata; null where it, or its plate, is not there. */
  metadataBytes(path: string): number | null {
    const place = fieldPath(path)
    if (place === null) return null
    try {
      return this.#plate(place.plate).size(`/${place.field}/zarr.json`)
    } catch (error) {
      if (error instanceof StoreError) return null
      throw error
    }
  }

  /** @throws {ImageError} naming the field. */
  async header(path: string): Promise<ImageHeader> {
    return (await this.field(path)).header
  }

  /**
   * A part of some channels, `[channel, y, x]`.
   *
   * @throws {ImageError} naming the field, when it cannot be read.
   */
  async read(path: string, planes: readonly number[], part: ImagePart): Promise<Pixels> {
    const field = await this.field(path)
    try {
      return await field.read(planes, part)
    } catch (cause) {
      throw fault(path, cause)
    }
  }

  /** @throws {ImageError} naming the field, when it is not there or cannot be read. */
  async field(path: string): Promise<ZarrField> {
    const known = this.#fields.get(path)
    if (known !== undefined) return known
    const opened = this.#open(path)
    if (this.#fields.size >= mostFields) {
      const [oldest] = this.#fields.keys()
      if (oldest !== undefined) this.#fields.delete(oldest)
    }
    this.#fields.set(path, opened)
    return opened
  }

  [Symbol.dispose](): void {
    for (const plate of this.#plates.values()) plate[Symbol.dispose]()
    this.#plates.clear()
    this.#fields.clear()
  }

  async #open(path: string): Promise<ZarrField> {
    const place = fieldPath(path)
    if (place === null) throw fault(path, new Error('it lies in no OME-Zarr plate'))
    try {
      return await ZarrField.open(this.#plate(place.plate), place.field)
    } catch (cause) {
      throw fault(path, cause)
    }
  }

  #plate(path: string): ZarrContainer {
    const known = this.#plates.get(path)
    if (known !== undefined) return known
    const opened = openContainer(path)
    this.#plates.set(path, opened)
    return opened
  }
}

function fault(path: string, cause: unknown): ImageError {
  if (cause instanceof ImageError && cause.message.startsWith('image: ')) return cause
  const reason = cause instanceof Error ? reasonOf(cause) : String(cause)
  return new ImageError(
    `image: ${path}: ${sentence(reason)} Copy its plate anew from where it came, or leave its site out of the table.`,
    { cause },
  )
}

/** zarrita names the codec, and leaves what was wrong to the cause. */
function reasonOf(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
