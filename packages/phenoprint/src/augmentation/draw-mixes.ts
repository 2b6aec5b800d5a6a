import type { Section } from '../config/config.js'
import type { RandomStream } from '../random.js'
import { betaVariate } from '../random-beta.js'
import type { TileShape } from '../store/tiling.js'

/** A box of pixels: rows `top` to `bottom - 1`, columns `left` to `right - 1`. */
export interface Box {
  readonly top: number
  readonly left: number
  readonly bottom: number
  readonly right: number
}

/** What a sample takes of another. */
export interface Mix {
  /** The place of the other in their batch. */
  readonly partner: number
  /** What it keeps of itself, its label's weight too: 0 to 1. */
  readonly share: number
  /** What the other covers; null where all pixels are averaged. */
  readonly box: Box | null
}

/**
 * Draws how the samples of a batch are mixed: each with the one that a permutation of the batch gives
 * it, which may be itself.
 *
 * CutMix has one box a batch: for a share drawn from Beta(alpha, alpha) its sides are
 * sqrt(1 - share) of the tile's and its middle lies anywhere; it is cut at the edges, and the share is
 * what remains of the tile. Mixup averages, and draws a share for each sample.
 *
 * @returns `[sample]`, or null when the batch is not mixed.
 * @see CutMix: Yun et al. 2019 (arXiv:1905.04899). Mixup: Zhang et al. 2018 (arXiv:1710.09412).
 */
export function drawMixes(
  { cutMix, mixup }: Section<'augmentation'>,
  samples: number,
  tile: TileShape,
  stream: RandomStream,
): Mix[] | null {
  const kind = stream.uniform()
  const cuts = cutMix?.probability ?? 0
  const averages = mixup?.probability ?? 0
  if (kind >= cuts + averages) return null
  const partners = stream.permutation(samples)
  if (cutMix !== undefined && kind < cuts) {
    const box = drawBox(betaVariate(cutMix.alpha, cutMix.alpha, stream), tile, stream)
    const covered = (box.bottom - box.top) * (box.right - box.left)
    const share = 1 - covered / (tile.height * tile.width)
    return Array.from(partners, (partner) => ({ partner, share, box }))
  }
  const alpha = mixup?.alpha ?? 1
  return Array.from(partners, (partner) => ({
    partner,
    share: betaVariate(alpha, alpha, stream),
    box: null,
  }))
}

function drawBox(share: number, { height, width }: TileShape, stream: RandomStream): Box {
  const side = Math.sqrt(1 - share)
  const [top, bottom] = drawSpan(Math.floor(height * side), height, stream)
  const [left, right] = drawSpan(Math.floor(width * side), width, stream)
  return { top, bottom, left, right }
}

function drawSpan(length: number, size: number, stream: RandomStream): [number, number] {
  const from = stream.integer(size) - Math.floor(length / 2)
  return [Math.max(0, from), Math.min(size, from + length)]
}
