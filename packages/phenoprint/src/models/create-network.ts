import type { Section } from '../config/config.js'
import { EfficientNet } from './efficientnet.js'
import type { Network, NetworkShape } from './network.js'

/**
 * The network of a configuration, with fresh weights drawn from the engine's generator: the same
 * seed gives the same weights. `weights` of the configuration are not loaded; see `loadPretrained`.
 *
 * @throws {MachineError} when fused kernels are asked for and this build has none for its blocks.
 */
export function createNetwork(section: Section<'model'>, shape: NetworkShape): Network {
  return new EfficientNet(section, shape)
}
