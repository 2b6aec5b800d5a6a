import { nn, type Tensor, tidy } from '@phenoprint/torch'
import { type Activation, type ActivationName, createActivation } from './activation.js'
import type { FoldedPart, InferenceDType, NormedConvolution } from './block-kernel.js'
import { dropConnect } from './drop-connect.js'
import type { NormSettings } from './norm-settings.js'

export type ResidualKind = 'basic' | 'bottleneck'

export interface ResidualArguments {
  readonly kind: ResidualKind
  readonly inChannels: number
  /** Channels of the stage before expansion. */
  readonly width: number
  readonly stride: number
  /** Bottlenecks: groups of the 3x3 convolution, and their channels in the first stage. */
  readonly groups: number
  readonly groupWidth: number
  /** Rate at which the branch of a sample is dropped in training. */
  readonly dropConnect: number
}

/** How many times its width a block's output has. */
export function expansionOf(kind: ResidualKind): number {
  return kind === 'basic' ? 1 : 4
}

/**
 * A residual block: `act(x + branch(x))`, each convolution of the branch normed, and activated but for the
 * last. `basic`: two of 3x3; `bottleneck`: 1x1, 3x3 in groups, 1x1 to four times the width. Where shapes
 * change, x goes through a normed 1x1 convolution.
 *
 * @see He et al. 2015 (arXiv:1512.03385); Xie et al. 2016 (arXiv:1611.05431).
 */
export class ResidualBlock extends nn.Module {
  readonly #branch: readonly NormedConvolution[]
  readonly #shortcut: NormedConvolution | null
  readonly #activation: Activation
  readonly #dropConnect: number

  constructor(block: ResidualArguments, activation: ActivationName, norm: NormSettings) {
    super()
    const { kind, inChannels, width, stride } = block
    const outChannels = width * expansionOf(kind)
    this.#activation = createActivation(activation)
    this.#dropConnect = block.dropConnect
    // Drawn first and named last, as in torchvision.
    const shortcut =
      stride === 1 && inChannels === outChannels
        ? null
        : ([
            new nn.Conv2d({ inChannels, outChannels, kernelSize: 1, stride, bias: false }),
            new nn.BatchNorm2d({ features: outChannels, ...norm }),
          ] as const)
    this.#branch = convolutionsOf(block).map((convolution, index) => ({
      convolution: this.register(`conv${index + 1}`, convolution),
      norm: this.register(
        `bn${index + 1}`,
        new nn.BatchNorm2d({ features: convolution.outChannels, ...norm }),
      ),
    }))
    this.#shortcut = null
    if (shortcut !== null) {
      this.register('downsample', new nn.Sequential(shortcut))
      this.#shortcut = { convolution: shortcut[0], norm: shortcut[1] }
    }
  }

  /** @param x `[batch, channel, y, x]` */
  forward(x: Tensor): Tensor {
    const last = this.#branch.length - 1
    const branch = this.#branch.reduce((value, layer, index) => {
      const through = normed(layer, value)
      return index === last ? through : this.#activation.forward(through)
    }, x)
    const kept = this.training ? dropConnect(branch, this.#dropConnect) : branch
    const carried = this.#shortcut === null ? x : normed(this.#shortcut, x)
    return this.#activation.forward(kept.add(carried))
  }

  /** The same for inference alone, its norms folded in and its weights converted once. */
  fold(dtype: InferenceDType): FoldedPart {
    const activation = this.#activation.name
    const fold = ({ convolution, norm }: NormedConvolution, name: ActivationName | 'identity') =>
      new nn.FoldedConv2d(convolution, norm, { activation: name, dtype })
    const branch = this.#branch.map((layer) => fold(layer, activation))
    const shortcut = this.#shortcut === null ? null : fold(this.#shortcut, 'identity')
    const last = branch.at(-1)
    return {
      forward: (x) =>
        tidy(() => {
          const before = branch.slice(0, -1).reduce((value, layer) => layer.forward(value), x)
          const carried = shortcut === null ? x : shortcut.forward(x)
          return last === undefined ? carried : last.forward(before, carried)
        }),
      dispose() {
        for (const layer of [...branch, shortcut]) layer?.dispose()
      },
    }
  }
}

function convolutionsOf({
  kind,
  inChannels,
  width,
  stride,
  groups,
  groupWidth,
}: ResidualArguments): nn.Conv2d[] {
  const convolution = (from: number, to: number, kernelSize: 1 | 3, by = 1, inGroups = 1) =>
    new nn.Conv2d({
      inChannels: from,
      outChannels: to,
      kernelSize,
      stride: by,
      padding: kernelSize === 3 ? 1 : 0,
      groups: inGroups,
      bias: false,
    })
  if (kind === 'basic') {
    return [convolution(inChannels, width, 3, stride), convolution(width, width, 3)]
  }
  const middle = Math.floor((width * groupWidth) / 64) * groups
  return [
    convolution(inChannels, middle, 1),
    convolution(middle, middle, 3, stride, groups),
    convolution(middle, width * expansionOf(kind), 1),
  ]
}

function normed({ convolution, norm }: NormedConvolution, x: Tensor): Tensor {
  return norm.forward(convolution.forward(x))
}
