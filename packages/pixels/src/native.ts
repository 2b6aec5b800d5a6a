import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Pixels } from './image.js'
import type { ImageValues } from './place-tile.js'

/** What native/addon.cc exports. A promise gives 1 when it is done; otherwise the portable path is asked. */
interface NativePixels {
  decodePng(file: Uint8Array, samples: readonly number[], target: Pixels): Promise<number>
  decodeGreyPngFile(path: string, sizes: readonly number[], target: Pixels): Promise<number>
  longestFrame(bytes: number): number
  /** The frame's length, or -1. */
  writeFrame(content: Uint8Array, target: Uint8Array): Promise<number>
  readFrame(frame: Uint8Array, target: Uint8Array): Promise<number>
  crc32c(bytes: Uint8Array): number
  countValues(plane: Pixels, counts: Uint32Array): void
  sumTile(pixels: Pixels, shape: readonly number[], sums: Float64Array, squares: Float64Array): void
  placeTile(
    pixels: Pixels,
    shape: readonly number[],
    turn: readonly number[],
    centre: Float64Array,
    scale: Float64Array,
    output: ImageValues,
    offset: number,
  ): void
  longestPacked(shape: readonly number[], pixelBytes: number, packing: number): number
  packSite(
    pixels: Pixels,
    shape: readonly number[],
    packing: number,
    counts: Uint32Array,
    blockMeans: Float64Array,
    digest: Uint8Array,
    packed: Uint8Array,
    lengths: Float64Array,
  ): Promise<number>
  /** How many were placed, or -1; `placed` has 1 for each of them. */
  placeStoredTiles(
    tiles: Float64Array,
    kind: readonly number[],
    epsilon: number,
    centre: Float64Array,
    scale: Float64Array,
    output: ImageValues,
    placed: Uint8Array,
  ): Promise<number>
}

/** Which path reads pixels, and why it is that one. */
export interface PixelPath {
  readonly path: 'native' | 'portable'
  /** The native addon; or why there is none in use. */
  readonly why: string
  /** The native one should be in use: it did not compile, or does not load. */
  readonly fault: boolean
}

const loaded = load()

/**
 * The native path, or null where set-up did not build it, it does not load, or
 * `PHENOPRINT_PIXELS=portable` asks for the other one. Both give the same pixels and statistics.
 */
export const native: NativePixels | null = loaded.native

/** Which path is in use, and why. */
export const pixelPath: PixelPath = loaded.inUse

interface Loaded {
  readonly native: NativePixels | null
  readonly inUse: PixelPath
}

function load(): Loaded {
  if (process.env.PHENOPRINT_PIXELS === 'portable') {
    return portable('PHENOPRINT_PIXELS=portable asks for it', false)
  }
  const file = fileURLToPath(new URL('../build/current.json', import.meta.url))
  if (!existsSync(file)) return portable('set-up has not built the native one', false)
  try {
    const current: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof current !== 'object' || current === null) return portable(`${file} is broken`, true)
    if ('lacks' in current) return portable(`set-up found no ${String(current.lacks)}`, false)
    if ('fault' in current) return portable(String(current.fault), true)
    if (!('addon' in current)) return portable(`${file} names no addon`, true)
    const addon = resolve(dirname(file), String(current.addon))
    const native: NativePixels = createRequire(import.meta.url)(addon)
    return { native, inUse: { path: 'native', why: addon, fault: false } }
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    return portable(`the native one does not load: ${reason}`, true)
  }
}

function portable(why: string, fault: boolean): Loaded {
  return { native: null, inUse: { path: 'portable', why, fault } }
}
