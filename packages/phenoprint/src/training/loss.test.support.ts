import { type Config, configSchema } from '../config/config.js'
import { type StepLoss, TrainingLoss } from './loss.js'

/** The loss section of a configuration, with defaults where nothing is said. */
export function lossSection(
  loss: Readonly<Record<string, unknown>> = {},
): Config['training']['loss'] {
  return configSchema.parse({ training: { loss } }).training.loss
}

/** Cross entropy and nothing else. */
export const plainLoss: StepLoss = new TrainingLoss(lossSection(), []).at(0, 1)
