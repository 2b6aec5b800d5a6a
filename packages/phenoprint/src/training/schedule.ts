import type { Section } from '../config/config.js'

type Schedule = Section<'training'>['schedule']

/**
 * The learning rate of a step of the optimiser.
 *
 * - `constant`: the peak throughout.
 * - `oneCycle`: from peak / 25 up to the peak over the warm-up, then down to peak / 250,000 at the
 *   last step, both along half a cosine; the same values as PyTorch's `OneCycleLR`. See
 *   `momentumAt` for the momentum.
 * - `cosineSegments`: segments one behind the other, each from its own peak along half a cosine to 0 at
 *   its end, `peak share (1 + cos(pi t / T)) / 2` at step t of T; behind the last one 0.
 * - `step`: peak x factor for each milestone that has been passed.
 * - `cosine`: peak x (step + 1) / warm-up steps while it warms up, then from the peak along half a
 *   cosine to `finalShare` x peak at the last step.
 *
 * @param step From 0 to totalSteps - 1, over all epochs.
 * @see Smith & Topin 2017 (arXiv:1708.07120) for oneCycle; Loshchilov & Hutter 2016
 *   (arXiv:1608.03983) for cosine; Goyal et al. 2017 (arXiv:1706.02677) for the linear warm-up.
 */
export function learningRateAt(
  schedule: Schedule,
  peak: number,
  step: number,
  totalSteps: number,
  stepsPerEpoch: number,
): number {
  switch (schedule.name) {
    case 'constant':
      return peak
    case 'oneCycle':
      return oneCycle(peak, schedule.warmup, step, totalSteps)
    case 'cosine':
      return cosine(peak, schedule, step, totalSteps)
    case 'cosineSegments':
      return peak * segmentShare(schedule.segments ?? [], step, stepsPerEpoch)
    case 'step': {
      const { milestones = [], factor = 0.1 } = schedule
      const passed = milestones.filter((epoch) => step >= epoch * stepsPerEpoch).length
      return peak * factor ** passed
    }
  }
}

/**
 * The momentum of a step (Adam's first beta), or null where the schedule leaves it as it is: it falls
 * from the higher value to the lower one while `oneCycle` warms up, and rises again behind it, the same
 * values as PyTorch's `OneCycleLR`.
 *
 * @see Smith 2018 (arXiv:1803.09820), section 4.3.
 */
export function momentumAt(schedule: Schedule, step: number, totalSteps: number): number | null {
  if (schedule.name !== 'oneCycle' || schedule.momentum === null) return null
  const [low, high] = schedule.momentum
  return cycle([high, low, high], schedule.warmup, step, totalSteps)
}

function oneCycle(peak: number, warmup: number, step: number, totalSteps: number): number {
  return cycle([peak / 25, peak, peak / 25e4], warmup, step, totalSteps)
}

/** From a first value to a middle one over the warm-up, then to a last one. */
function cycle(
  [first, middle, final]: readonly [number, number, number],
  warmup: number,
  step: number,
  totalSteps: number,
): number {
  const top = warmup * totalSteps - 1
  const last = totalSteps - 1
  if (step <= top) return alongCosine(first, middle, top === 0 ? 1 : step / top)
  return last === top ? middle : alongCosine(middle, final, (step - top) / (last - top))
}

function cosine(peak: number, schedule: Schedule, step: number, totalSteps: number): number {
  const warm = Math.round(schedule.warmup * totalSteps)
  if (step < warm) return (peak * (step + 1)) / warm
  const span = totalSteps - 1 - warm
  return alongCosine(peak, peak * schedule.finalShare, span === 0 ? 1 : (step - warm) / span)
}

/** Warm restarts of unlike length and height (Loshchilov & Hutter 2016, arXiv:1608.03983). */
function segmentShare(
  segments: NonNullable<Schedule['segments']>,
  step: number,
  stepsPerEpoch: number,
): number {
  let start = 0
  for (const { epochs, peak } of segments) {
    const length = epochs * stepsPerEpoch
    if (step < start + length) return alongCosine(peak, 0, (step - start) / length)
    start += length
  }
  return 0
}

/** From `start` at share 0 to `end` at share 1. */
function alongCosine(start: number, end: number, share: number): number {
  return end + ((start - end) / 2) * (1 + Math.cos(Math.PI * share))
}
