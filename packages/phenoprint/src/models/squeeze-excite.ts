import { nn, type Tensor, tidy } from '@phenoprint/torch'
import { type BlockActivationName, createActivation } from './activation.js'
import type { FoldedPart, InferenceDType } from './block-kernel.js'

/**
 * Squeeze-and-excitation: each channel is scaled by a gate computed from the means of all channels,
 * `x * sigmoid(expand(act(reduce(mean(x)))))`.
 *
 * @see Hu, Shen & Sun 2018 (arXiv:1709.01507).
 */
export class SqueezeExcite extends nn.Module {
  readonly reduce: nn.Conv2d
  readonly expand: nn.Conv2d
  readonly #activation

  constructor(channels: number, squeezed: number, activation: BlockActivationName) {
    super()
    this.reduce = this.register(
      'conv_reduce',
      new nn.Conv2d({ inChannels: channels, outChannels: squeezed, kernelSize: 1 }),
    )
    this.#activation = createActivation(activation)
    this.expand = this.register(
      'conv_expand',
      new nn.Conv2d({ inChannels: squeezed, outChannels: channels, kernelSize: 1 }),
    )
  }

  /** @param x `[batch, channel, y, x]`, any size. */
  forward(x: Tensor): Tensor {
    const squeezed = x.mean({ dim: [2, 3], keepdim: true })
    const gate = this.expand.forward(this.#activation.forward(this.reduce.forward(squeezed)))
    return x.mul(gate.sigmoid())
  }

  /** The same for inference alone, with weights of its own. */
  fold(dtype: InferenceDType): FoldedPart {
    const activation = this.#activation.name
    const reduce = new nn.FoldedConv2d(this.reduce, null, { activation, dtype })
    const expand = new nn.FoldedConv2d(this.expand, null, { dtype })
    return {
      forward: (x) =>
        tidy(() => {
          const squeezed = x.mean({ dim: [2, 3], keepdim: true })
          return x.mul(expand.forward(reduce.forward(squeezed)).sigmoid_())
        }),
      dispose() {
        reduce.dispose()
        expand.dispose()
      },
    }
  }
}
