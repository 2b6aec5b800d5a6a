import type { Section } from '../config/config.js'
import { ConfigError } from '../errors.js'
import type { ActivationName, BlockActivationName } from './activation.js'
import type { DenseNetName } from './densenet.js'
import type { EfficientNetName } from './efficientnet-scaling.js'
import type { ResNetName } from './resnet.js'

type Model = Section<'model'>

/** A configuration whose architecture is known to be of one family. */
export type ModelOf<Name extends Model['architecture']> = Model & { readonly architecture: Name }

export function isEfficientNet(section: Model): section is ModelOf<EfficientNetName> {
  return section.architecture.startsWith('efficientnet-')
}

export function isDenseNet(section: Model): section is ModelOf<DenseNetName> {
  return section.architecture.startsWith('densenet')
}

export function isResNet(section: Model): section is ModelOf<ResNetName> {
  return section.architecture.startsWith('resne')
}

/** The activation of a network: the configuration's, or else that of the architecture. */
export function activationOf(section: Model): ActivationName {
  return section.activation ?? (isEfficientNet(section) ? 'silu' : 'relu')
}

/**
 * The activation of an EfficientNet's blocks.
 *
 * @throws {ConfigError} for one that they have no kernels for.
 */
export function blockActivationOf(section: ModelOf<EfficientNetName>): BlockActivationName {
  const name = activationOf(section)
  if (name !== 'relu') return name
  throw new ConfigError(
    `model.activation: got relu with ${section.architecture}, expected silu or mish. Choose one of them, or a ResNet, ResNeXt or DenseNet.`,
  )
}

/**
 * What only some architectures know, refused for the others.
 *
 * @throws {ConfigError} naming the key.
 */
export function refuseForeignKeys(section: Model): void {
  const { architecture, flavour, dropConnect, kernels, finalActivation } = section
  const refuse = (key: string, got: unknown, expected: string) => {
    throw new ConfigError(
      `model.${key}: got ${got} with ${architecture}, expected ${expected}. Leave the key out, or choose another architecture.`,
    )
  }
  if (!isEfficientNet(section)) {
    if (flavour !== 'torch') refuse('flavour', flavour, 'torch: the other is of EfficientNets')
    if (kernels === 'fused') refuse('kernels', kernels, 'auto or stock: it has no fused blocks')
  }
  if (!isDenseNet(section) && !finalActivation) {
    refuse('finalActivation', finalActivation, 'true: only DenseNets do without')
  }
  if (isDenseNet(section) && (dropConnect ?? 0) > 0) {
    refuse('dropConnect', dropConnect, '0: it has no residual branches to drop')
  }
}
