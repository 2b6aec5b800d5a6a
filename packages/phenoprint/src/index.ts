// What every verb uses, and the verbs, each with what it takes and gives.
export { assignClasses, assignClassesGreedily } from './assignment/assign-classes.js'
export { linearAssignment } from './assignment/linear-assignment.js'
export { audit } from './audit/audit.js'
export type { Check, Finding } from './audit/finding.js'
export type { Augmentation, AugmentationSettings } from './augmentation/augmentation.js'
export { augmentationSettings } from './augmentation/settings.js'
export * from './basics.js'
export { BatchLoader } from './batches/batch-loader.js'
export {
  type BatchOrder,
  batchesPerEpoch,
  epochBatches,
  partOfRank,
} from './batches/epoch-batches.js'
export { type PairKind, PlateControls } from './batches/plate-controls.js'
export { type SamplePool, samplePool } from './batches/sample-pool.js'
export { type Batch, epochSamples, predictionSamples, type Sample } from './batches/samples.js'
export * from './commands.js'
export type { Config, Reduction, Section, SplitName, Symmetry } from './config/config.js'
export { requireSection } from './config/require.js'
export { configToYaml } from './config/to-yaml.js'
export {
  type Profile,
  type Question,
  replicatePrecisions,
  type TreatmentPrecision,
  treatmentPrecisions,
} from './embedding/replicates.js'
export { ensemble } from './ensemble/ensemble.js'
export { bootstrapMean, type Interval } from './evaluation/bootstrap.js'
export { linearBaseline, type MeasuredScreen } from './evaluation/linear-baseline.js'
export { type Matrix, matrix } from './evaluation/matrix.js'
export {
  type Metrics,
  type MetricsByCellType,
  metrics,
  metricsByCellType,
} from './evaluation/metrics.js'
export { reduce } from './evaluation/reductions.js'
export { exportStore } from './export/export.js'
export { loadNetwork } from './models/checkpoint.js'
export { createNetwork } from './models/create-network.js'
export type {
  InferenceNetwork,
  Network,
  NetworkDescription,
  NetworkShape,
} from './models/network.js'
export type { Precision } from './models/precision.js'
export { infer } from './prediction/infer.js'
export { predictViews, type View } from './prediction/predict-views.js'
export type { PredictionBlock } from './prediction/predicted-units.js'
export type { PredictionHeader } from './prediction/prediction-header.js'
export type { PredictionRow, ViewRow } from './prediction/prediction-row.js'
export {
  readPredictions,
  writePredictions,
} from './prediction/unit-predictions.js'
export { readViews } from './prediction/view-predictions.js'
export { explain } from './report/explain.js'
export {
  commitFile,
  removeStaleTemporaries,
  temporaryName,
  writeFileAtomic,
  writeJson,
} from './run/files.js'
export { Lock } from './run/lock.js'
export type { Provenance } from './run/provenance.js'
export { silentReporter } from './run/reporter.js'
export { RunDirectory, type RunPurpose } from './run/run-directory.js'
export {
  learnPlateGroups,
  type PlateContents,
  type PlateGroups,
} from './screen/plate-groups.js'
export { readScreen } from './screen/read-screen.js'
export {
  type Channel,
  cellTypes,
  type Plate,
  type Role,
  type Screen,
  type Site,
  type Unit,
  type UnitKind,
} from './screen/screen.js'
export { type Split, splitScreen } from './screen/split.js'
export { simulate } from './simulate/simulate.js'
export { preprocess } from './store/preprocess.js'
export type { SiteStatistics } from './store/site-statistics.js'
export { Store } from './store/store.js'
export { readSite } from './store/verify.js'
export { fineTune } from './training/fine-tune.js'
export { train } from './training/train.js'
export type { Plan, Stage } from './workflows/plan.js'
export { StageError } from './workflows/stage-error.js'
export type { Verb } from './workflows/verbs.js'
