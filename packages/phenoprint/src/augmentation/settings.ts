import type { Config } from '../config/config.js'
import { ConfigError } from '../errors.js'
import type { TileShape } from '../store/tiling.js'
import type { AugmentationSettings } from './augmentation.js'

/** What augmentations need to know of a store. */
export interface AugmentedStore {
  readonly channels: number
  readonly imageShape: TileShape
  readonly tileShape: TileShape
}

/**
 * What a configuration asks to be done to training samples.
 *
 * @returns Null where it asks for nothing.
 * @throws {ConfigError} when samples shall be mixed that cannot be, or more often than always.
 */
export function augmentationSettings(
  { augmentation: section, batches }: Pick<Config, 'augmentation' | 'batches'>,
  { channels, imageShape, tileShape }: AugmentedStore,
): AugmentationSettings | null {
  const { cutMix, mixup } = section
  if (batches.pairs !== 'none' && (cutMix ?? mixup) !== undefined) {
    throw new ConfigError(
      `augmentation: got ${cutMix === undefined ? 'mixup' : 'cutMix'} and batches.pairs: ${batches.pairs}, expected one of them: beside a mixed sample no control could stand. Leave out augmentation.cutMix and augmentation.mixup, or set batches.pairs: none.`,
    )
  }
  const sum = (cutMix?.probability ?? 0) + (mixup?.probability ?? 0)
  if (sum > 1) {
    throw new ConfigError(
      `augmentation: got cutMix.probability ${cutMix?.probability} and mixup.probability ${mixup?.probability}, expected a sum of 1 at most: a batch is mixed in one way. Lower one of them.`,
    )
  }
  const { tile, zoomCrop, rotation, blur, gain, offset } = section
  const asked = [zoomCrop, rotation, blur, cutMix, mixup].some((of) => of !== undefined)
  if (!asked && tile === 'grid' && gain === 0 && offset === 0) return null
  return { section, channels, image: imageShape, tile: tileShape }
}
