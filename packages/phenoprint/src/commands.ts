/** Configurations and verbs, each verb loaded when it is asked for: the command line's way in. */

export { status } from './cluster/status.js'
export { submit as submitToSlurm } from './cluster/submit.js'
export { loadConfig } from './config/load.js'
export { parseShard } from './run/shard.js'
export { loadPlan } from './workflows/plan.js'
export { run } from './workflows/run.js'
export { loadShardVerb, loadVerb, type ShardVerbName, type VerbName } from './workflows/verbs.js'
