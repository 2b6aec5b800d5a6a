import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Pixels } from './image.js'

/** What native/addon.cc exports. A promise gives 1 when it is done; otherwise the portable path is asked. */
interface NativePixels {
  decodePng(file: Uint8Array, samples: readonly number[], target: Pixels): Promise<number>
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
    output: Float32Array,
    offset: number,
  ): void
}

/**
 * The native path, or null where set-up did not build it, it does not load, or
 * `PHENOPRINT_PIXELS=portable` asks for the other one. Both give the same pixels and statistics.
 */
export const native: NativePixels | null = load()

/** Which path is in use. */
export const pixelPath: 'native' | 'portable' = native === null ? 'portable' : 'native'

function load(): NativePixels | null {
  if (process.env.PHENOPRINT_PIXELS === 'portable') return null
  const file = fileURLToPath(new URL('../build/current.json', import.meta.url))
  try {
    const current: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof current !== 'object' || current === null || !('addon' in current)) return null
    return createRequire(import.meta.url)(resolve(dirname(file), String(current.addon)))
  } catch {
    return null
  }
}
