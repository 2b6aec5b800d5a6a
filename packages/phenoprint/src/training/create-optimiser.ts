import { optim } from '@phenoprint/torch'
import type { Section } from '../config/config.js'
import type { ParameterParts } from './parameter-parts.js'

/**
 * The optimiser of a configuration over the parameters that are trained; its formulas and papers stand above
 * the engine's classes.
 */
export function createOptimiser(
  { optimiser, schedule }: Pick<Section<'training'>, 'optimiser' | 'schedule'>,
  parts: readonly ParameterParts[],
): optim.Optimiser {
  const { name } = optimiser
  const fast = withoutLookahead({ optimiser, schedule }, parts)
  const lookahead = optimiser.lookahead ?? (name === 'ranger' ? {} : undefined)
  return lookahead === undefined ? fast : new optim.Lookahead(fast, lookahead)
}

function withoutLookahead(
  { optimiser, schedule }: Pick<Section<'training'>, 'optimiser' | 'schedule'>,
  parameters: readonly ParameterParts[],
): optim.Optimiser {
  const { name, learningRate, weightDecay, betas, eps, nesterov } = optimiser
  const momentum = schedule.momentum?.[1] ?? optimiser.momentum
  const adaptive = { learningRate, betas, eps, weightDecay }
  switch (name) {
    case 'adam':
      return new optim.Adam(parameters, adaptive)
    case 'adamw':
      return new optim.AdamW(parameters, adaptive)
    case 'sgd':
      return new optim.SGD(parameters, { learningRate, momentum, nesterov, weightDecay })
    case 'radam':
      return new optim.RAdam(parameters, adaptive)
    case 'ranger':
      return new optim.RAdam(parameters, { ...adaptive, decoupled: true })
  }
}

/** Sets every group's rate: the schedule's, times the group's factor. */
export function setLearningRate(
  { groups }: optim.Optimiser,
  parts: readonly ParameterParts[],
  rate: number,
): void {
  groups.forEach((group, place) => {
    group.learningRate = rate * (parts[place]?.rateFactor ?? 1)
  })
}
