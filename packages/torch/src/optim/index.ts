export { Adam, type AdamOptions, AdamW } from './adam.js'
export { type ClipOptions, clipGradientNorm } from './clip.js'
export { GradScaler, type GradScalerOptions, type GradScalerState } from './grad-scaler.js'
export { Lookahead, type LookaheadOptions } from './lookahead.js'
export {
  type GroupOptions,
  Optimiser,
  type ParameterGroup,
  type Parameters,
} from './optimiser.js'
export { RAdam, type RAdamOptions } from './radam.js'
export { SGD, type SgdOptions } from './sgd.js'
export type { OptimiserState } from './state.js'
export { WeightAverage } from './weight-average.js'
