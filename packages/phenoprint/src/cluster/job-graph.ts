import type { Stage } from '../workflows/plan.js'
import type { ShardVerbName } from '../workflows/verbs.js'
import { neededStages } from './stage-paths.js'

/** A job of a pipeline: a stage, or all shards of one as the tasks of an array. */
export interface Job {
  /** `03-train`, unique in the pipeline: names its script, its log and its record. */
  readonly name: string
  /** Index of its stage. */
  readonly stage: number
  readonly verb: Stage['verb']
  /** How many tasks the array has, each a shard of the stage; null for a stage done by one job. */
  readonly shards: number | null
  /** Names of the jobs that must have succeeded before. */
  readonly after: readonly string[]
}

/** Whether a verb's work falls into shards. */
export function isSharded(verb: Stage['verb']): verb is ShardVerbName {
  return verb === 'preprocess' || verb === 'fine-tune' || verb === 'infer'
}

/**
 * The jobs of a pipeline, each after those it needs. A stage that falls into shards is an array of
 * them, and a job that puts them together; stages that need nothing of each other run side by side.
 *
 * @param shards For each stage how many shards it falls into; 1 makes it a single job.
 */
export function jobGraph(
  stages: readonly Pick<Stage, 'verb' | 'config'>[],
  shards: readonly number[],
): Job[] {
  const nameOf = (stage: number) =>
    `${String(stage + 1).padStart(2, '0')}-${stages[stage]?.verb ?? ''}`
  const needed = neededStages(stages)
  return stages.flatMap(({ verb }, stage): Job[] => {
    const name = nameOf(stage)
    const after = (needed[stage] ?? []).map(nameOf)
    const count = isSharded(verb) ? (shards[stage] ?? 1) : 1
    const whole = { name, stage, verb, shards: null }
    if (count === 1) return [{ ...whole, after }]
    const array = { name: `${name}-shards`, stage, verb, shards: count, after }
    return [array, { ...whole, after: [array.name] }]
  })
}
