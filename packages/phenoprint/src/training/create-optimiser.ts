import { optim, type Tensor } from '@phenoprint/torch'
import type { Section } from '../config/config.js'

/**
 * The optimiser of a configuration over all parameters as one group; its formulas and papers stand
 * above the engine's classes.
 */
export function createOptimiser(
  { optimiser, schedule }: Pick<Section<'training'>, 'optimiser' | 'schedule'>,
  parameters: readonly Tensor[],
): optim.Optimiser {
  const { name, learningRate, weightDecay, betas, eps, nesterov } = optimiser
  const momentum = schedule.momentum?.[1] ?? optimiser.momentum
  switch (name) {
    case 'adam':
      return new optim.Adam(parameters, { learningRate, betas, eps, weightDecay })
    case 'adamw':
      return new optim.AdamW(parameters, { learningRate, betas, eps, weightDecay })
    case 'sgd':
      return new optim.SGD(parameters, { learningRate, momentum, nesterov, weightDecay })
  }
}
