import { aten, nn, type Tensor, tidy } from '@phenoprint/torch'
import type { Activation } from './activation.js'
import type { FoldedPart, InferenceDType } from './block-kernel.js'
import type { NormSettings } from './norm-settings.js'

export interface DenseArguments {
  readonly inChannels: number
  /** Channels that each layer adds. */
  readonly growth: number
  readonly activation: Activation
  readonly norm: NormSettings
}

/** Channels of a layer's 1x1 convolution, in multiples of what it adds. */
const bottleneck = 4

/** `conv2(act(norm2(conv1(act(norm1(x))))))`: 1x1 to four times the growth, 3x3 to the growth. */
class DenseLayer extends nn.Layer {
  readonly #activation: Activation
  readonly #norm1
  readonly #conv1
  readonly #norm2
  readonly #conv2

  constructor({ inChannels, growth, activation, norm }: DenseArguments) {
    super()
    const middle = bottleneck * growth
    this.#activation = activation
    this.#norm1 = this.register('norm1', new nn.BatchNorm2d({ features: inChannels, ...norm }))
    const narrow = { inChannels, outChannels: middle, kernelSize: 1, bias: false }
    this.#conv1 = this.register('conv1', new nn.Conv2d(narrow))
    this.#norm2 = this.register('norm2', new nn.BatchNorm2d({ features: middle, ...norm }))
    const look = { inChannels: middle, outChannels: growth, kernelSize: 3, padding: 1, bias: false }
    this.#conv2 = this.register('conv2', new nn.Conv2d(look))
  }

  forward(x: Tensor): Tensor {
    return tidy(() => {
      const act = this.#activation
      const narrow = this.#conv1.forward(act.forward(this.#norm1.forward(x)))
      return this.#conv2.forward(act.forward(this.#norm2.forward(narrow)))
    })
  }

  fold(dtype: InferenceDType): FoldedPart {
    const before = foldNorm(this.#norm1, this.#activation, dtype)
    const { name } = this.#activation
    const conv1 = new nn.FoldedConv2d(this.#conv1, this.#norm2, { activation: name, dtype })
    const conv2 = new nn.FoldedConv2d(this.#conv2, null, { dtype })
    return {
      forward: (x) => tidy(() => conv2.forward(conv1.forward(before.forward(x)))),
      dispose() {
        for (const part of [before, conv1, conv2]) part.dispose()
      },
    }
  }
}

/**
 * Layers each of which takes what the block was given and what all layers before it have made, side by
 * side; the block gives all of it.
 *
 * @see Huang et al. 2016 (arXiv:1608.06993).
 */
export class DenseBlock extends nn.Layer {
  readonly #layers: readonly DenseLayer[]

  constructor(layers: number, { inChannels, growth, ...rest }: DenseArguments) {
    super()
    this.#layers = Array.from({ length: layers }, (_, index) =>
      this.register(
        `denselayer${index + 1}`,
        new DenseLayer({ inChannels: inChannels + index * growth, growth, ...rest }),
      ),
    )
  }

  forward(x: Tensor): Tensor {
    return dense(this.#layers, x)
  }

  fold(dtype: InferenceDType): FoldedPart {
    const layers = this.#layers.map((layer) => layer.fold(dtype))
    return {
      forward: (x) => dense(layers, x.to({ dtype })),
      dispose() {
        for (const layer of layers) layer.dispose()
      },
    }
  }
}

/** Halves channels by a 1x1 convolution and the image by means over 2x2. */
export class Transition extends nn.Layer {
  readonly #activation: Activation
  readonly #norm
  readonly #conv

  constructor({ inChannels, activation, norm }: Omit<DenseArguments, 'growth'>) {
    super()
    const outChannels = Math.floor(inChannels / 2)
    this.#activation = activation
    this.#norm = this.register('norm', new nn.BatchNorm2d({ features: inChannels, ...norm }))
    const narrow = { inChannels, outChannels, kernelSize: 1, bias: false }
    this.#conv = this.register('conv', new nn.Conv2d(narrow))
  }

  forward(x: Tensor): Tensor {
    return tidy(() => halved(this.#conv.forward(this.#activation.forward(this.#norm.forward(x)))))
  }

  fold(dtype: InferenceDType): FoldedPart {
    const before = foldNorm(this.#norm, this.#activation, dtype)
    const conv = new nn.FoldedConv2d(this.#conv, null, { dtype })
    return {
      forward: (x) => tidy(() => halved(conv.forward(before.forward(x)))),
      dispose() {
        before.dispose()
        conv.dispose()
      },
    }
  }
}

/** A norm that no convolution comes before, by its running statistics, and what is behind it. */
export function foldNorm(
  { weight, bias, runningMean, runningVar, eps }: nn.BatchNorm2d,
  activation: Activation | null,
  dtype: InferenceDType,
): FoldedPart {
  const held = tidy(() =>
    [weight, bias, runningMean, runningVar].map((tensor) => tensor.detach().clone()),
  )
  const [scale, shift, mean, variance] = held.map((tensor) => tensor.keep())
  return {
    forward: (x) =>
      tidy(() => {
        const normed = aten.batchNorm(
          x,
          scale ?? null,
          shift ?? null,
          mean ?? null,
          variance ?? null,
          false,
          0,
          eps,
          true,
        )
        return (activation === null ? normed : activation.forward(normed)).to({ dtype })
      }),
    dispose() {
      for (const tensor of held) tensor.dispose()
    },
  }
}

function dense(layers: readonly { forward(x: Tensor): Tensor }[], x: Tensor): Tensor {
  return tidy(() => {
    const made = [x]
    for (const layer of layers) made.push(layer.forward(aten.cat(made, { dim: 1 })))
    return aten.cat(made, { dim: 1 })
  })
}

function halved(maps: Tensor): Tensor {
  return aten.avgPool2d(maps, 2, { stride: 2 })
}
