import type { Tensor } from '@phenoprint/torch'
import type { Section } from '../config/config.js'
import { didYouMean } from '../did-you-mean.js'
import { ConfigError } from '../errors.js'
import type { Network } from '../models/network.js'

/** Parameters that are moved alike. */
export interface ParameterParts {
  readonly parameters: readonly Tensor[]
  /** On the schedule's learning rate. */
  readonly rateFactor: number
  readonly weightDecay: number | undefined
}

/**
 * Sorts a network's parameters into those of `optimiser.groups`, each to the first group that names it, and
 * the others, which come first; those of `freeze` are not in any, and stop asking for gradients.
 *
 * @throws {ConfigError} for a part that the network does not have, or when nothing is left to train.
 */
export function parameterParts(
  network: Network,
  { optimiser, freeze }: Pick<Section<'training'>, 'optimiser' | 'freeze'>,
): ParameterParts[] {
  const named = [...network.namedParameters()]
  const names = named.map(([name]) => name)
  const { groups = [] } = optimiser
  for (const part of freeze) refuseUnknown(part, 'training.freeze', names)
  for (const part of groups.flatMap(({ parts }) => parts)) {
    refuseUnknown(part, 'training.optimiser.groups', names)
  }
  const lots: Tensor[][] = [[], ...groups.map(() => [])]
  for (const [name, parameter] of named) {
    if (freeze.some((part) => belongs(name, part))) {
      parameter.requiresGrad = false
      continue
    }
    const group = groups.findIndex(({ parts }) => parts.some((part) => belongs(name, part)))
    lots[group + 1]?.push(parameter)
  }
  if (lots.every((lot) => lot.length === 0)) {
    throw new ConfigError(
      'training.freeze: got every part of the network, expected some parameters to be left to train.',
    )
  }
  return lots.flatMap((parameters, place) => {
    const { rateFactor = 1, weightDecay } = groups[place - 1] ?? {}
    return parameters.length === 0 ? [] : [{ parameters, rateFactor, weightDecay }]
  })
}

/** Whether a parameter is a part or inside it: `blocks.1.0.bn1.weight` is in `blocks.1`, not in `blocks.10`. */
function belongs(name: string, part: string): boolean {
  return name === part || name.startsWith(`${part}.`)
}

function refuseUnknown(part: string, key: string, names: readonly string[]): void {
  if (names.some((name) => belongs(name, part))) return
  const parts = new Set(
    names.flatMap((name) => {
      const steps = name.split('.')
      return steps.map((_, end) => steps.slice(0, end + 1).join('.'))
    }),
  )
  const top = [...new Set(names.map((name) => name.split('.')[0]))]
  throw new ConfigError(
    `${key}: got "${part}", expected a part of the network, such as ${top.join(', ')}.${didYouMean(part, [...parts])}`,
  )
}
