export * from './basics.js'
export * from './commands.js'
export type { Config, Reduction, Section, SplitName, Symmetry } from './config/config.js'
export { requireSection } from './config/require.js'
export { configToYaml } from './config/to-yaml.js'
export {
  commitFile,
  removeStaleTemporaries,
  temporaryName,
  writeFileAtomic,
  writeJson,
} from './run/files.js'
export { Lock } from './run/lock.js'
export { silentReporter } from './run/reporter.js'
export { RunDirectory, type RunPurpose } from './run/run-directory.js'
export type { Plan, Stage } from './workflows/plan.js'
export { StageError } from './workflows/stage-error.js'
export type { Verb } from './workflows/verbs.js'
