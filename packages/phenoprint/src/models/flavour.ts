export type FlavourName = 'torch' | 'tensorflow'

/** What differs between networks written for PyTorch and those released for TensorFlow. */
export interface Flavour {
  /** Padding of a convolution with this kernel. */
  padding(kernelSize: number): number | 'same'
  /** Settings of every batch norm; momentum is the weight of the new batch. */
  readonly norm: { readonly eps: number; readonly momentum: number }
  /** Outputs of a fresh convolution that one input is taken to reach: in its group, or all. */
  readonly fanOut: 'group' | 'all'
  /** A fresh classifier's weights lie within 1 / sqrt of this many. */
  readonly classifierFan: 'features' | 'classes'
}

/**
 * - `torch`: as many zeros on each side, batch norm with eps 1e-5 and momentum 0.1, and
 *   depthwise convolutions and a classifier that begin small: short trainings from scratch need it.
 * - `tensorflow`: "same" padding, which at stride 2 puts the odd zero below and to the right, batch
 *   norm with eps 1e-3 and momentum 0.01. Weights trained in one do not fit the other.
 */
export const flavours: Readonly<Record<FlavourName, Flavour>> = {
  torch: {
    padding: (kernelSize) => (kernelSize - 1) / 2,
    norm: { eps: 1e-5, momentum: 0.1 },
    fanOut: 'all',
    classifierFan: 'features',
  },
  tensorflow: {
    padding: () => 'same',
    norm: { eps: 1e-3, momentum: 0.01 },
    fanOut: 'group',
    classifierFan: 'classes',
  },
}
