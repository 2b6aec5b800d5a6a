import { aten, noGrad, type Tensor, tidy } from '@phenoprint/torch'
import type { FoldedPart } from './block-kernel.js'
import { type InferenceNetwork, withCellTypes } from './network.js'

/** Means over the image: `[batch, channel, y, x]` to `[batch, channel]`. It holds nothing. */
export const foldedMeans: FoldedPart = {
  forward: (maps) => aten.adaptiveAvgPool2d(maps, [1, 1]).flatten({ startDim: 1 }),
  dispose() {},
}

/** A network for inference alone: its parts, the last of which ends in features, and its head. */
export class FoldedNetwork implements InferenceNetwork {
  readonly #parts: readonly FoldedPart[]
  readonly #head: FoldedPart

  /** Parts and head become this network's own. */
  constructor(parts: readonly FoldedPart[], head: FoldedPart) {
    this.#parts = parts
    this.#head = head
  }

  features(images: Tensor): Tensor {
    return noGrad(() => tidy(() => this.#features(images)))
  }

  #features(images: Tensor): Tensor {
    let x = images
    for (const part of this.#parts) {
      const input = x
      x = part.forward(input)
      if (input !== images) input.dispose()
    }
    return x.to({ dtype: 'float32' })
  }

  forward(images: Tensor, cellTypes: Tensor | null = null): Tensor {
    return noGrad(() =>
      tidy(() => this.#head.forward(withCellTypes(this.#features(images), cellTypes))),
    )
  }

  dispose(): void {
    for (const part of this.#parts) part.dispose()
    this.#head.dispose()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }
}
