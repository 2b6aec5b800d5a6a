import { aten, nn, type Tensor, tidy } from '@phenoprint/torch'
import type { Activation } from './activation.js'
import type { FoldedPart, InferenceDType } from './block-kernel.js'
import { DenseBlock, foldNorm, Transition } from './dense-block.js'
import type { NormSettings } from './norm-settings.js'

export interface DenseNetDesign {
  /** Layers of the blocks. */
  readonly layers: readonly number[]
  /** Channels that each layer adds. */
  readonly growth: number
  readonly stemChannels: number
}

export interface TrunkSettings {
  /** Channels of an image. */
  readonly channels: number
  readonly activation: Activation
  readonly norm: NormSettings
  /** Whether the last norm's maps are activated too. */
  readonly activatesLast: boolean
}

/** A DenseNet without its head: a stem, dense blocks with transitions between them, a norm. */
export class DenseNetTrunk extends nn.Layer {
  /** Channels of the last maps. */
  readonly outChannels: number
  readonly #stem
  readonly #stemNorm
  readonly #activation: Activation
  readonly #last: Activation | null
  readonly #steps: readonly (DenseBlock | Transition)[]
  readonly #lastNorm

  constructor(
    { layers, growth, stemChannels }: DenseNetDesign,
    { channels, activation, norm, activatesLast }: TrunkSettings,
  ) {
    super()
    this.#activation = activation
    this.#last = activatesLast ? activation : null
    this.#stem = this.register(
      'conv0',
      new nn.Conv2d({
        inChannels: channels,
        outChannels: stemChannels,
        kernelSize: 7,
        stride: 2,
        padding: 3,
        bias: false,
      }),
    )
    this.#stemNorm = this.register('norm0', new nn.BatchNorm2d({ features: stemChannels, ...norm }))
    let inChannels = stemChannels
    this.#steps = layers.flatMap((count, index) => {
      const shared = { activation, norm }
      const block = new DenseBlock(count, { inChannels, growth, ...shared })
      this.register(`denseblock${index + 1}`, block)
      inChannels += count * growth
      if (index === layers.length - 1) return [block]
      const transition = new Transition({ inChannels, ...shared })
      this.register(`transition${index + 1}`, transition)
      inChannels = Math.floor(inChannels / 2)
      return [block, transition]
    })
    this.#lastNorm = this.register('norm5', new nn.BatchNorm2d({ features: inChannels, ...norm }))
    this.outChannels = inChannels
  }

  /** `[batch, channel, y, x]` to the last maps. */
  forward(images: Tensor): Tensor {
    let x = tidy(() =>
      pooledStem(this.#activation.forward(this.#stemNorm.forward(this.#stem.forward(images)))),
    )
    for (const step of this.#steps) {
      const input = x
      x = step.forward(input)
      input.dispose()
    }
    return tidy(() => {
      const maps = this.#lastNorm.forward(x)
      x.dispose()
      return this.#last === null ? maps : this.#last.forward(maps)
    })
  }

  /** The same for inference alone, in parts. */
  fold(dtype: InferenceDType): FoldedPart[] {
    const { name } = this.#activation
    const stem = new nn.FoldedConv2d(this.#stem, this.#stemNorm, { activation: name, dtype })
    return [
      {
        forward: (x) => tidy(() => pooledStem(stem.forward(x))),
        dispose: () => stem.dispose(),
      },
      ...this.#steps.map((step) => step.fold(dtype)),
      foldNorm(this.#lastNorm, this.#last, dtype),
    ]
  }
}

function pooledStem(maps: Tensor): Tensor {
  return aten.maxPool2d(maps, 3, { stride: 2, padding: 1 })
}
