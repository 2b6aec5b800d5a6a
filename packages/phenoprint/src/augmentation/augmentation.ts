import type { Interpolation } from '@phenoprint/pixels'
import type { Section } from '../config/config.js'
import type { TileShape } from '../store/tiling.js'

/**
 * What is done to one view besides its symmetry: numbers alone, so that it can be drawn in one place
 * and done in another.
 */
export interface Augmentation {
  /** Top left pixel of the tile in its site; null where it is one of the grid. */
  readonly window: { readonly top: number; readonly left: number } | null
  readonly zoomCrop: ZoomCrop | null
  readonly rotation: Rotation | null
  /** How these two find values between pixels. */
  readonly interpolation: Interpolation
  /** Standard deviation of the blur in pixels; 0: none. */
  readonly sigma: number
  /** `[channel]`, multiplied after normalisation; null: nothing is. */
  readonly gain: readonly number[] | null
  /** `[channel]`, added after that; null: nothing is. */
  readonly offset: readonly number[] | null
}

/** A part of a tile of which is made the whole. */
export interface ZoomCrop {
  /** Its sides as shares of the tile's. */
  readonly side: number
  /** Where it lies in the room that is left: 0 top, 1 bottom. */
  readonly top: number
  readonly left: number
}

/** The content of a tile is turned about the middle, enlarged, and then moved. */
export interface Rotation {
  /** Counter-clockwise. */
  readonly degrees: number
  readonly zoom: number
  /** Down and to the right, as shares of the tile's sides. */
  readonly shiftY: number
  readonly shiftX: number
}

/** What augmentations are drawn for. */
export interface AugmentationSettings {
  readonly section: Section<'augmentation'>
  readonly channels: number
  readonly image: TileShape
  readonly tile: TileShape
}
