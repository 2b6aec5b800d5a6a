import type { PixelSource } from '@vivjs/types'
import type { FieldImage } from './field-image.js'

/** A field that is in memory, as Viv's layers ask for pixels. */
export function pixelSource({ planes, height, width, dtype }: FieldImage): PixelSource<['c']> {
  const getRaster = async ({ selection }: { readonly selection: { readonly c: number } }) => ({
    data: planes[selection.c] ?? new Uint8Array(height * width),
    width,
    height,
  })
  return {
    ...{ getRaster, getTile: getRaster, dtype },
    onTileError: (error) => {
      throw error
    },
    shape: [planes.length, height, width],
    labels: ['c', 'y', 'x'],
    tileSize: Math.max(height, width),
  }
}
