import type { Section } from '../config/config.js'

type Schedule = Section<'training'>['schedule']

/**
 * The learning rate of a step of the optimiser.
 *
 * - `constant`: the peak throughout.
 * - `oneCycle`: from peak / 25 up to the peak over the warm-up, then down to peak / 250,000 at the
 *   last step, both along half a cosine; the same values as PyTorch's `OneCycleLR`. Momentum is left
 *   as it is.
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
): number {
  switch (schedule.name) {
    case 'constant':
      return peak
    case 'oneCycle':
      return oneCycle(peak, schedule.warmup, step, totalSteps)
    case 'cosine':
      return cosine(peak, schedule, step, totalSteps)
  }
}

function oneCycle(peak: number, warmup: number, step: number, totalSteps: number): number {
  const start = peak / 25
  const top = warmup * totalSteps - 1
  const last = totalSteps - 1
  if (step <= top) return alongCosine(start, peak, top === 0 ? 1 : step / top)
  return last === top ? peak : alongCosine(peak, start / 1e4, (step - top) / (last - top))
}

function cosine(peak: number, schedule: Schedule, step: number, totalSteps: number): number {
  const warm = Math.round(schedule.warmup * totalSteps)
  if (step < warm) return (peak * (step + 1)) / warm
  const span = totalSteps - 1 - warm
  return alongCosine(peak, peak * schedule.finalShare, span === 0 ? 1 : (step - warm) / span)
}

/** From `start` at share 0 to `end` at share 1. */
function alongCosine(start: number, end: number, share: number): number {
  return end + ((start - end) / 2) * (1 + Math.cos(Math.PI * share))
}
