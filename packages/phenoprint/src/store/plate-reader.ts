import {
  blockGrid,
  decompress,
  type Moments,
  PixelError,
  type Pixels,
  type StoredTile,
} from '@phenoprint/pixels'
import { StoreError } from '../errors.js'
import { memoryFault } from '../run/memory-fault.js'
import { sentence } from '../words.js'
import type { Codec } from './encode-site.js'
import { fieldChunk } from './plate-field.js'
import { checked, parseShardIndex, type ShardIndex, shardIndexBytes } from './shard.js'
import { histogramsPerChunk, plateDigest, type SiteStatistics } from './site-statistics.js'
import { decodeHistograms, decodeMoments } from './statistics-table.js'
import type { Tiling } from './tiling.js'
import { ZipReader } from './zip-reader.js'

/** A site of a plate, as the reader needs it: its id and the group of its field. */
export interface StoredSite {
  readonly id: string
  readonly path: string
}

/** One plate of a store. Sites are counted within the plate, in the order they were written. */
export class PlateReader implements Disposable {
  readonly #zip: ZipReader
  readonly #sites: readonly StoredSite[]
  readonly #tiling: Tiling
  readonly #codec: Codec
  readonly #indices = new Map<number, ShardIndex>()
  readonly #mean: Float64Array
  readonly #variance: Float64Array
  #histograms: { readonly chunk: number; readonly values: Uint32Array } | null = null

  /**
   * @param digest What the store says that this plate's digest is.
   * @throws {StoreError} when the file is missing, damaged, or another one.
   */
  constructor(
    path: string,
    sites: readonly StoredSite[],
    of: Tiling,
    codec: Codec,
    digest: string,
  ) {
    this.#sites = sites
    this.#tiling = of
    this.#codec = codec
    this.#zip = ZipReader.open(path)
    try {
      this.#mean = this.#moments('mean')
      this.#variance = this.#moments('variance')
      if (plateDigest(sites, this.pixelDigests()) !== digest) {
        throw new StoreError('it holds other pixels than the store says')
      }
    } catch (error) {
      this.#zip[Symbol.dispose]()
      throw this.#fault(error)
    }
  }

  [Symbol.dispose](): void {
    this.#zip[Symbol.dispose]()
  }

  /** SHA-256 of the pixels of each site, `[site, 32]`. */
  pixelDigests(): Uint8Array {
    const digests = checked(this.#zip.entry('statistics/digest/c/0/0'), 'digests')
    return this.#ofLength(digests, 32 * this.#sites.length)
  }

  statistics(site: number): SiteStatistics {
    const perChunk = histogramsPerChunk(this.#tiling.image)
    const histograms = this.#histogramChunk(Math.floor(site / perChunk))
    const size = histograms.length / perChunk
    const row = site % perChunk
    return {
      ...this.siteMoments(site),
      histogram: histograms.slice(row * size, (row + 1) * size),
    }
  }

  /** Mean and variance of each channel of a site; NaN where a channel is missing. */
  siteMoments(site: number): Moments {
    const { channels } = this.#tiling.image
    return {
      mean: this.#mean.slice(site * channels, (site + 1) * channels),
      variance: this.#variance.slice(site * channels, (site + 1) * channels),
    }
  }

  /** Mean and variance of every site, `[site, channel]`; NaN where a channel is missing. */
  moments(): Moments {
    return { mean: this.#mean, variance: this.#variance }
  }

  /**
   * The mean of the plate's images in blocks, `[channel, row, column]`; NaN where a channel is missing.
   *
   * @throws {StoreError} when it is damaged, or the plate of an earlier version that had none.
   */
  field(): Float64Array {
    const { channels, height, width } = this.#tiling.image
    const { rows, columns } = blockGrid(height, width)
    try {
      if (this.#zip.size(fieldChunk) === null) {
        throw new StoreError('it was made without the mean image that illumination needs')
      }
      return this.#ofLength(decodeMoments(this.#zip.entry(fieldChunk)), channels * rows * columns)
    } catch (error) {
      throw this.#fault(error)
    }
  }

  /**
   * The pixels of a tile, `[channel, y, x]`.
   *
   * @throws {StoreError} when a checksum differs.
   */
  async readTile(site: number, tile: number): Promise<Pixels> {
    const { image, tile: shape } = this.#tiling
    const count = image.channels * shape.height * shape.width
    const size = image.dtype === 'uint8' ? count : 2 * count
    try {
      const index = this.#indices.get(site) ?? (await this.#readIndex(site))
      const offset = index.offsets[tile] ?? 0
      const length = index.lengths[tile] ?? 0
      if (length === 0) return pixelsOf(new Uint8Array(size), image.dtype)
      const stored = await this.#zip.range(this.#shardName(site), offset, length)
      const bytes = checked(stored, `tile ${tile}`)
      const raw = this.#codec === 'zstd' ? await decompress(bytes, size) : bytes
      return pixelsOf(this.#ofLength(raw, size), image.dtype)
    } catch (error) {
      throw this.#fault(error, this.#sites[site]?.id)
    }
  }

  /**
   * Where a tile lies in its file, which must be {@link held} until it is read.
   *
   * @returns null where the tile is all zero and not stored.
   * @throws {StoreError} when the shard's index is damaged.
   */
  async storedTile(site: number, tile: number): Promise<StoredTile | null> {
    const { image, tile: shape } = this.#tiling
    try {
      const index = this.#indices.get(site) ?? (await this.#readIndex(site))
      const length = index.lengths[tile] ?? 0
      if (length === 0) return null
      const { channels, dtype } = image
      const place = await this.#zip.place(this.#shardName(site), index.offsets[tile] ?? 0, length)
      return { ...place, length, channels, dtype, ...shape, compressed: this.#codec === 'zstd' }
    } catch (error) {
      throw this.#fault(error, this.#sites[site]?.id)
    }
  }

  /** Keeps the file open until what is returned is disposed of. */
  held(): Disposable {
    return this.#zip.held()
  }

  #shardName(site: number): string {
    return `${this.#sites[site]?.path ?? ''}/0/c/0/0/0`
  }

  async #readIndex(site: number): Promise<ShardIndex> {
    const name = this.#shardName(site)
    const bytes = shardIndexBytes(this.#tiling.tilesPerSite)
    const stored = await this.#zip.range(name, -bytes, bytes)
    const index = parseShardIndex(stored, this.#zip.size(name) ?? 0)
    this.#indices.set(site, index)
    return index
  }

  #moments(name: 'mean' | 'variance'): Float64Array {
    const values = decodeMoments(this.#zip.entry(`statistics/${name}/c/0/0`))
    return this.#ofLength(values, this.#sites.length * this.#tiling.image.channels)
  }

  #histogramChunk(chunk: number): Uint32Array {
    if (this.#histograms?.chunk !== chunk) {
      const values = decodeHistograms(this.#zip.entry(`statistics/histogram/c/${chunk}/0/0`))
      this.#histograms = { chunk, values }
    }
    return this.#histograms.values
  }

  #ofLength<T extends { readonly length: number }>(array: T, length: number): T {
    if (array.length === length) return array
    throw new StoreError(`it holds ${array.length} values where ${length} are expected`)
  }

  #fault(error: unknown, site?: string): unknown {
    if (error instanceof PixelError && error.fault === 'memory') return memoryFault(error)
    if (!(error instanceof StoreError || error instanceof PixelError)) return error
    if (error.message.startsWith('store: ')) return error
    const where = site === undefined ? '' : ` site ${site}:`
    return new StoreError(
      `store: ${this.#zip.path}:${where} ${sentence(error.message)} Delete this file and run preprocess again: it makes what is missing.`,
      { cause: error },
    )
  }
}

/** Bytes as pixels, in memory that is aligned for them. */
function pixelsOf(bytes: Uint8Array, dtype: 'uint8' | 'uint16'): Pixels {
  if (dtype === 'uint8') return bytes
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : Uint8Array.from(bytes)
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2)
}
