import { nn, type Tensor } from '@phenoprint/torch'
import { type ActivationName, createActivation } from './activation.js'

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

  constructor(channels: number, squeezed: number, activation: ActivationName) {
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
}
