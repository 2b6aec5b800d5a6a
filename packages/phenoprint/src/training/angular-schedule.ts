import type { Section } from '../config/config.js'

type Angular = NonNullable<Section<'training'>['loss']['angular']>

/**
 * Weight and margin of the angular loss at a step: the weight goes in a line from the first to the last
 * step, the margin rises in a line from 0 over the first `marginWarmup` of the steps.
 *
 * @param step From 0 to totalSteps - 1, over all epochs.
 */
export function angularAt(
  { weight, lastWeight = weight, margin, marginWarmup }: Angular,
  step: number,
  totalSteps: number,
): { readonly weight: number; readonly margin: number } {
  const share = totalSteps > 1 ? step / (totalSteps - 1) : 0
  const rise = marginWarmup * totalSteps
  return {
    weight: weight + (lastWeight - weight) * share,
    margin: margin * Math.min(1, rise === 0 ? 1 : step / rise),
  }
}
