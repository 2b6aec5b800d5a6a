import type { Section } from '../config/config.js'

export type EfficientNetName = Extract<Section<'model'>['architecture'], `efficientnet-${string}`>

/** How a variant is scaled from B0. */
export interface Scaling {
  /** Factor on the channels of every stage. */
  readonly width: number
  /** Factor on the blocks of every stage. */
  readonly depth: number
  /** Dropout before the classifier. */
  readonly dropout: number
}

/** Compound scaling of Tan & Le 2019 (arXiv:1905.11946), coefficients of their released code. */
export const scalings: Readonly<Record<EfficientNetName, Scaling>> = {
  'efficientnet-b0': { width: 1.0, depth: 1.0, dropout: 0.2 },
  'efficientnet-b1': { width: 1.0, depth: 1.1, dropout: 0.2 },
  'efficientnet-b2': { width: 1.1, depth: 1.2, dropout: 0.3 },
  'efficientnet-b3': { width: 1.2, depth: 1.4, dropout: 0.3 },
  'efficientnet-b4': { width: 1.4, depth: 1.8, dropout: 0.4 },
  'efficientnet-b5': { width: 1.6, depth: 2.2, dropout: 0.4 },
  'efficientnet-b6': { width: 1.8, depth: 2.6, dropout: 0.5 },
  'efficientnet-b7': { width: 2.0, depth: 3.1, dropout: 0.5 },
}

interface Stage {
  readonly repeats: number
  readonly kernelSize: number
  readonly stride: number
  readonly expansion: number
  readonly channels: number
}

/** B0's stages, table 1 of the paper. */
const stages: readonly Stage[] = [
  { repeats: 1, kernelSize: 3, stride: 1, expansion: 1, channels: 16 },
  { repeats: 2, kernelSize: 3, stride: 2, expansion: 6, channels: 24 },
  { repeats: 2, kernelSize: 5, stride: 2, expansion: 6, channels: 40 },
  { repeats: 3, kernelSize: 3, stride: 2, expansion: 6, channels: 80 },
  { repeats: 3, kernelSize: 5, stride: 1, expansion: 6, channels: 112 },
  { repeats: 4, kernelSize: 5, stride: 2, expansion: 6, channels: 192 },
  { repeats: 1, kernelSize: 3, stride: 1, expansion: 6, channels: 320 },
]
const stemChannels = 32
const headChannels = 1280

/** One block of a scaled network. */
export interface BlockArguments {
  readonly inChannels: number
  /** Channels of the depthwise convolution: `inChannels` x expansion. */
  readonly middleChannels: number
  readonly outChannels: number
  readonly kernelSize: number
  readonly stride: number
  /** Whether a pointwise convolution widens the input first; without it, `depthwise separable`. */
  readonly expands: boolean
  /** Channels inside squeeze-and-excitation: a quarter of the block's input. */
  readonly squeezedChannels: number
  /** Whether the input is added to the output. */
  readonly residual: boolean
  /** Rate at which the residual branch of a sample is dropped in training. */
  readonly dropConnect: number
}

/** A scaled network, decoded to what its layers need. */
export interface Architecture {
  readonly stemChannels: number
  /** `[stage][block]` */
  readonly blocks: readonly (readonly BlockArguments[])[]
  readonly headChannels: number
  readonly dropout: number
}

/**
 * Channels times a factor, rounded to a multiple of 8 and never more than a tenth below the product.
 *
 * @see Sandler et al. 2018 (arXiv:1801.04381), whose code rounds so.
 */
export function scaleChannels(channels: number, width: number): number {
  const wanted = channels * width
  const rounded = Math.max(8, Math.floor((wanted + 4) / 8) * 8)
  return rounded < 0.9 * wanted ? rounded + 8 : rounded
}

/**
 * The blocks of a variant. The rate of drop-connect rises linearly over the blocks, from 0 at the
 * first towards `dropConnect` (block i of n: `dropConnect * i / n`; Huang et al. 2016,
 * arXiv:1603.09382, as in EfficientNet's code).
 *
 * @param dropConnect Greatest rate, 0..1.
 */
export function decodeArchitecture(name: EfficientNetName, dropConnect: number): Architecture {
  const { width, depth, dropout } = scalings[name]
  const repeatsOf = (stage: Stage) => Math.ceil(stage.repeats * depth)
  const total = stages.reduce((sum, stage) => sum + repeatsOf(stage), 0)
  let inChannels = scaleChannels(stemChannels, width)
  let index = 0
  const blocks = stages.map((stage) =>
    Array.from({ length: repeatsOf(stage) }, (_, repeat): BlockArguments => {
      const stride = repeat === 0 ? stage.stride : 1
      const outChannels = scaleChannels(stage.channels, width)
      const block = {
        inChannels,
        middleChannels: inChannels * stage.expansion,
        outChannels,
        kernelSize: stage.kernelSize,
        stride,
        expands: stage.expansion !== 1,
        squeezedChannels: Math.max(1, Math.round(inChannels / 4)),
        residual: stride === 1 && inChannels === outChannels,
        dropConnect: (dropConnect * index) / total,
      }
      inChannels = outChannels
      index++
      return block
    }),
  )
  return {
    stemChannels: scaleChannels(stemChannels, width),
    blocks,
    headChannels: scaleChannels(headChannels, width),
    dropout,
  }
}
