import { aten, type Tensor } from '@phenoprint/torch'

/**
 * First convolution for another number of channels: the file's channels are repeated in turn (RGB to
 * RGBRGB).
 *
 * - `scaled`: by their count over the new one, so that the response to images whose channels look
 *   alike stays as large as it was. For one channel they are summed: a grey image then counts as one
 *   with that grey in every channel.
 * - `copied`: as they are, as some did with the six channels of RxRx1; for fewer channels, the first.
 *
 * @param weight `[out, channel, y, x]`.
 * @param channels Channels of the images.
 */
export function adaptStem(weight: Tensor, channels: number, rule: 'scaled' | 'copied'): Tensor {
  const [, given = 0] = weight.shape
  if (given === channels) return weight
  if (channels === 1 && rule === 'scaled') return weight.sum({ dim: [1], keepdim: true })
  const turns = Array.from({ length: Math.ceil(channels / given) }, () => weight)
  const repeated = aten.cat(turns, { dim: 1 }).slice({ dim: 1, start: 0, end: channels })
  return rule === 'scaled' ? repeated.mul(given / channels) : repeated
}
