/** Configurations and verbs, each verb loaded when it is asked for: the command line's way in. */
export { loadConfig } from './config/load.js'
export { loadPlan } from './workflows/plan.js'
export { run } from './workflows/run.js'
export { loadVerb, type VerbName } from './workflows/verbs.js'
