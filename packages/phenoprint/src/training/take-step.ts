import { optim } from '@phenoprint/torch'
import type { Learner } from './resume.js'

/** Below this a loss is not enlarged any more: gradients that overflow even so are not finite by themselves. */
const leastScale = 1

/**
 * Moves the weights along their gradients, which are clipped first and then freed. Where the loss was
 * scaled, a step whose gradients are not finite is left out, and the next loss is scaled by less.
 *
 * @param clipNorm The greatest joint norm of the gradients; undefined leaves them as they are.
 * @returns Whether training can go on: false when gradients overflow though the loss was not enlarged.
 */
export function takeStep(
  { network, optimiser, scaler }: Pick<Learner, 'network' | 'optimiser' | 'scaler'>,
  clipNorm: number | undefined,
): boolean {
  scaler?.unscale(optimiser)
  if (clipNorm !== undefined) optim.clipGradientNorm(network.parameters(), clipNorm)
  if (scaler === null) optimiser.step()
  else scaler.step(optimiser)
  optimiser.zeroGrad()
  return scaler === null || scaler.state.scale >= leastScale
}
