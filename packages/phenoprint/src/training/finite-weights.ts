import { tidy } from '@phenoprint/torch'
import type { Network } from '../models/network.js'
import { diverged } from './diverged.js'

/** The first parameter or running statistic of a network that is not all finite numbers; null when all are. */
export function brokenTensor(network: Pick<Network, 'stateDict'>): string | null {
  return tidy(() => {
    for (const [name, values] of network.stateDict()) {
      if (!values.isfinite().all().item()) return name
    }
    return null
  })
}

/**
 * Refuses to keep weights that are not numbers.
 *
 * @param folder Of the training, for messages.
 * @throws {DivergedError}
 */
export function requireFiniteWeights(network: Pick<Network, 'stateDict'>, folder: string): void {
  const name = brokenTensor(network)
  if (name !== null)
    throw diverged(`${name} of the network is not finite, expected numbers`, folder)
}
