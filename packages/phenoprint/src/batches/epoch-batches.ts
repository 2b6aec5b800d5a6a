import { drawMixes } from '../augmentation/draw-mixes.js'
import { randomStream } from '../random.js'
import { divide, divideCount } from './divide.js'
import type { PlateControls } from './plate-controls.js'
import type { PoolGroup, SamplePool } from './sample-pool.js'
import { drawView, type Sample, type ViewChoice } from './samples.js'
import { systematicDraws } from './systematic-draws.js'

export interface BatchOrder extends ViewChoice {
  readonly pool: SamplePool
  readonly batchSize: number
  /** Where the second view of each sample comes from; null without pairs. */
  readonly controls: PlateControls | null
}

/** Batches of every epoch. */
export function batchesPerEpoch({ pool, batchSize }: BatchOrder): number {
  return pool.groups.reduce((sum, { draws }) => sum + divideCount(draws, batchSize).length, 0)
}

/**
 * The batches of a training epoch, in order; each from one group of the pool.
 *
 * A function of its arguments alone: the same wherever a run was stopped, however many threads read
 * the samples, and on however many ranks they are computed.
 *
 * @param epoch Counted from 1.
 */
export function epochBatches(order: BatchOrder, epoch: number): Sample[][] {
  const { pool, seed, batchSize } = order
  const batches = pool.groups.flatMap((group, index) =>
    divide(groupSamples(order, group, epoch, index), batchSize),
  )
  const places =
    pool.groups.length === 1
      ? batches.map((_, place) => place)
      : [...randomStream(seed, 'batches', epoch).permutation(batches.length)]
  return places.map((place, index) => mixedBatch(order, batches[place] ?? [], epoch, index))
}

/** A batch whose samples are mixed with each other, where that is asked for and drawn. */
function mixedBatch(
  { seed, augmentation }: BatchOrder,
  batch: Sample[],
  epoch: number,
  index: number,
): Sample[] {
  if (augmentation === null) return batch
  const stream = randomStream(seed, 'mix', epoch, index)
  const mixes = drawMixes(augmentation.section, batch.length, augmentation.tile, stream)
  if (mixes === null) return batch
  return batch.map((sample, place) => {
    const drawn = mixes[place]
    const view = batch[drawn?.partner ?? -1]
    if (drawn === undefined || view === undefined) return sample
    const { share, box } = drawn
    return { ...sample, mix: { view, share, box } }
  })
}

function groupSamples(order: BatchOrder, group: PoolGroup, epoch: number, index: number): Sample[] {
  const { seed, controls } = order
  const { sites, weights, draws } = group
  const drawn: Sample[] = []
  const draw = (site: number, repeat: number) => {
    const view = drawView(order, epoch, site, repeat)
    const control = controls?.drawFor(order, epoch, site, repeat)
    drawn.push(control === undefined ? view : { ...view, control })
  }
  if (weights === null) for (const site of sites) draw(site, 0)
  else {
    const counts = systematicDraws(weights, draws, randomStream(seed, 'sites', epoch, index))
    sites.forEach((site, i) => {
      for (let repeat = 0; repeat < (counts[i] ?? 0); repeat++) draw(site, repeat)
    })
  }
  const places = randomStream(seed, 'order', epoch, index).permutation(drawn.length)
  return Array.from(places, (place) => drawn[place]).filter((sample) => sample !== undefined)
}

/**
 * The part of a batch that one of several ranks computes: the parts of all ranks, one after another,
 * are the batch.
 *
 * @param rank 0 to ranks - 1.
 */
export function partOfRank<T>(batch: readonly T[], rank: number, ranks: number): T[] {
  const start = (part: number) => Math.floor((part * batch.length) / ranks)
  return batch.slice(start(rank), start(rank + 1))
}
