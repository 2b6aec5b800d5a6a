import type { Section } from '../config/config.js'
import { isDenseNet, isEfficientNet, isResNet, refuseForeignKeys } from './architecture.js'
import { DenseNet } from './densenet.js'
import { EfficientNet } from './efficientnet.js'
import type { Network, NetworkShape } from './network.js'
import { ResNet } from './resnet.js'

/**
 * The network of a configuration, with fresh weights drawn from the engine's generator: the same
 * seed gives the same weights. `weights` of the configuration are not loaded; see `loadPretrained`.
 *
 * @throws {ConfigError} when a key does not go with the architecture.
 * @throws {MachineError} when fused kernels are asked for and this build has none for its blocks.
 */
export function createNetwork(section: Section<'model'>, shape: NetworkShape): Network {
  refuseForeignKeys(section)
  if (isEfficientNet(section)) return new EfficientNet(section, shape)
  if (isDenseNet(section)) return new DenseNet(section, shape)
  if (isResNet(section)) return new ResNet(section, shape)
  throw new Error('an architecture is of one of these families')
}
