import { gunzipSync, gzipSync } from 'node:zlib'
import { histogramBins, withCrc32c } from '@phenoprint/pixels'
import { checked } from './shard.js'
import { histogramsPerChunk, type SiteStatistics } from './site-statistics.js'
import type { ImageShape } from './tiling.js'

/** The statistics of a plate's sites, row by row, as the arrays of the store hold them. */
export class StatisticsTable {
  readonly #image: ImageShape
  readonly #mean: Float64Array
  readonly #variance: Float64Array
  readonly #digest: Uint8Array
  readonly #perChunk: number
  readonly #chunks: Uint8Array[] = []
  #open: Uint32Array
  #added = 0

  constructor(sites: number, image: ImageShape) {
    this.#image = image
    this.#mean = new Float64Array(sites * image.channels)
    this.#variance = new Float64Array(sites * image.channels)
    this.#digest = new Uint8Array(sites * 32)
    this.#perChunk = histogramsPerChunk(image)
    this.#open = this.#emptyChunk()
  }

  get digest(): Uint8Array {
    return this.#digest
  }

  /** The next site. */
  add({ mean, variance, histogram }: SiteStatistics, digest: Uint8Array): void {
    const row = this.#added++
    this.#mean.set(mean, row * this.#image.channels)
    this.#variance.set(variance, row * this.#image.channels)
    this.#digest.set(digest, row * 32)
    this.#open.set(histogram, (row % this.#perChunk) * histogram.length)
    if (this.#added % this.#perChunk === 0) this.#closeChunk()
  }

  /** Name and bytes of every chunk, in the order they are stored. */
  *chunks(): Generator<readonly [name: string, bytes: Uint8Array]> {
    if (this.#added % this.#perChunk !== 0) this.#closeChunk()
    yield ['statistics/mean/c/0/0', withCrc32c(bytesOf(this.#mean))]
    yield ['statistics/variance/c/0/0', withCrc32c(bytesOf(this.#variance))]
    for (const [i, chunk] of this.#chunks.entries()) {
      yield [`statistics/histogram/c/${i}/0/0`, chunk]
    }
    yield ['statistics/digest/c/0/0', withCrc32c(this.#digest)]
  }

  #closeChunk(): void {
    this.#chunks.push(withCrc32c(gzipSync(bytesOf(this.#open), { level: 1 })))
    this.#open = this.#emptyChunk()
  }

  #emptyChunk(): Uint32Array {
    const { channels, dtype } = this.#image
    return new Uint32Array(this.#perChunk * channels * histogramBins[dtype])
  }
}

/** Mean or variance of every site of a plate, `[site, channel]`. */
export function decodeMoments(chunk: Uint8Array): Float64Array {
  return new Float64Array(copyOf(checked(chunk, 'statistics')))
}

/** Histograms of a chunk of sites, `[site, channel, bin]`. */
export function decodeHistograms(chunk: Uint8Array): Uint32Array {
  return new Uint32Array(copyOf(gunzipSync(checked(chunk, 'histograms'))))
}

/** Memory of its own, so that a view of it is aligned. */
function copyOf(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer
}

function bytesOf(array: Float64Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}
