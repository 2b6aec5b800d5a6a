import { nn, type Tensor, tensor } from '@phenoprint/torch'
import type { Sample } from '../batches/samples.js'
import { randomStream } from '../random.js'
import type { Predictor, ViewLoader } from './predict-views.js'

/** Logits that are a linear function of the channel means: what a network gives can be told by hand. */
export class LinearNetwork extends nn.Module implements Predictor {
  readonly weight: Tensor

  constructor(
    readonly channels: number,
    readonly classes: number,
    private readonly seed = 1,
  ) {
    super()
    this.weight = this.parameter('weight', tensor(this.weights(), { shape: [classes, channels] }))
  }

  forward(images: Tensor): Tensor {
    return images.mean({ dim: [2, 3] }).matmul(this.weight.t())
  }

  weights(): Float32Array {
    const draw = randomStream(this.seed, 'linear network')
    return Float32Array.from({ length: this.classes * this.channels }, () => draw.normal())
  }

  /** Logits of a sample's image, by hand. */
  logitsOf(sample: Sample): number[] {
    const means = channelMeans(sample, this.channels)
    const weights = this.weights()
    return Array.from({ length: this.classes }, (_, k) =>
      means.reduce((sum, mean, c) => sum + mean * (weights[k * this.channels + c] ?? 0), 0),
    )
  }
}

const side = 3

/** Images of 3 x 3 pixels, drawn from their sample's key. */
export function drawnImages(channels: number): ViewLoader & { readonly loads: number[] } {
  const loads: number[] = []
  return {
    loads,
    async load(samples) {
      loads.push(samples.length)
      const images = new Float32Array(samples.length * side * side * channels)
      samples.forEach((sample, i) => {
        images.set(image(sample, channels), i * side * side * channels)
      })
      return { images, shape: [samples.length, channels, side, side], release() {} }
    },
  }
}

/** `[y, x, channel]` */
function image({ site, tile, symmetry }: Sample, channels: number): Float32Array {
  const draw = randomStream(site, `image ${symmetry}`, tile)
  return Float32Array.from({ length: side * side * channels }, () => draw.normal())
}

function channelMeans(sample: Sample, channels: number): number[] {
  const pixels = image(sample, channels)
  return Array.from({ length: channels }, (_, c) => {
    const own = pixels.filter((_, i) => i % channels === c)
    return own.reduce((sum, value) => sum + value, 0) / own.length
  })
}
