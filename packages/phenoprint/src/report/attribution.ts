import { aten, gradients, type Tensor, tensor, tidy } from '@phenoprint/torch'
import { ShapeError } from '../errors.js'
import type { Network } from '../models/network.js'

/** What in some images speaks for a class, one class an image. */
export interface Attribution {
  /** `[image, channel, y, x]`; positive where the pixel raises the logit, negative where it lowers it. */
  readonly gradientInput: Float32Array
  /** `[image, y, x]`, at least 0. */
  readonly gradCam: Float32Array
}

/**
 * Two explanations of the logit of a class, in one pass back through the network:
 *
 * - gradient x input, for each pixel and channel: `x * d logit / d x`. A normalised pixel of 0, the
 *   mean of its channel, has none. (Shrikumar et al. 2016, arXiv:1605.01713.)
 * - Grad-CAM: the last feature maps `A[k]`, each weighted by the mean over the image of
 *   `d logit / d A[k]`, added up, cut off below 0 and enlarged bilinearly. (Selvaraju et al. 2017,
 *   arXiv:1610.02391.)
 *
 * @param network In evaluation mode, on the device of the images.
 * @param images `[image, channel, y, x]`, normalised.
 * @param classes `[image]`
 * @param cellTypes `[image, cell type]`, where the network takes them.
 * @throws {ShapeError} when there is not one class an image, or the network has no such class.
 */
export function attribute(
  network: Network,
  images: Tensor,
  classes: readonly number[],
  cellTypes: Tensor | null,
): Attribution {
  const [count = 0, , height = 0, width = 0] = images.shape
  if (classes.length !== count) {
    throw new ShapeError(`attribute: got ${classes.length} classes for ${count} images`)
  }
  return tidy(() => {
    const input = images.detach()
    input.requiresGrad = true
    const maps = network.featureMaps(input)
    const logits = network.classify(maps.mean({ dim: [2, 3] }), cellTypes)
    const chosen = logits.gather(1, indices(classes, logits)).sum()
    const [toInput, toMaps] = gradients([chosen], [input, maps])
    if (!toInput || !toMaps)
      throw new ShapeError('attribute: the logits do not depend on the images')
    const weights = toMaps.mean({ dim: [2, 3], keepdim: true })
    const small = maps
      .mul(weights)
      .sum({ dim: [1], keepdim: true })
      .relu()
    return {
      gradientInput: numbersOf(input.mul(toInput)),
      gradCam: numbersOf(aten.upsampleBilinear2d(small, [height, width], false)),
    }
  })
}

/** Classes as an index into logits, `[image, 1]`. */
function indices(classes: readonly number[], { shape, device }: Tensor): Tensor {
  const [, count = 0] = shape
  const wrong = classes.find((index) => !(index >= 0 && index < count))
  if (wrong !== undefined) {
    throw new ShapeError(`attribute: got class ${wrong}, expected one of the network's ${count}`)
  }
  return tensor(BigInt64Array.from(classes, BigInt), { shape: [classes.length, 1], device })
}

function numbersOf(values: Tensor): Float32Array {
  const numbers = values
    .detach()
    .to({ device: 'cpu', dtype: 'float32' })
    .contiguous()
    .toTypedArray()
  if (!(numbers instanceof Float32Array)) throw new ShapeError('attribute: expected float32')
  return numbers
}
