import type { ImageValues } from '@phenoprint/pixels'
import { type Tensor, tensor } from '@phenoprint/torch'

/**
 * Images of a batch as a network takes them.
 *
 * @param images `[image, y, x, channel]`, floats or the bits of bfloat16; copied to the device.
 * @param shape Of the batch; the images may be more or fewer than its samples.
 * @returns `[image, channel, y, x]`, channels-last in memory.
 */
export function imageTensor(
  images: ImageValues,
  [, channels, height, width]: readonly [number, number, number, number],
  device: string,
): Tensor {
  const count = images.length / (channels * height * width)
  const dtype = images instanceof Float32Array ? 'float32' : 'bfloat16'
  const given = tensor(images, { shape: [count, height, width, channels], dtype, device })
  return given.permute([0, 3, 1, 2])
}

/** Images of a batch and behind them others, as one. */
export function joinedImages(
  images: ImageValues,
  others: ImageValues | null | undefined,
): ImageValues {
  if (others === null || others === undefined) return images
  const Kind = images instanceof Float32Array ? Float32Array : Uint16Array
  const both = new Kind(images.length + others.length)
  both.set(images)
  both.set(others, images.length)
  return both
}
