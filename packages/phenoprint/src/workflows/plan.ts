import { dirname, isAbsolute, join } from 'node:path'
import { cluster as clusterSchema } from '../config/cluster.js'
import type { Config, Section } from '../config/config.js'
import { type ConfigSource, readConfig, resolveConfig } from '../config/load.js'
import { valueAt } from '../config/located.js'
import { type Override, overridesOf, parseOverride } from '../config/overrides.js'
import { keysOf, rootSchema } from '../config/schema.js'
import { ConfigError } from '../errors.js'
import type { VerbName } from './verbs.js'

/** A stage, ready to run. */
export interface Stage {
  readonly verb: VerbName
  readonly file: string
  readonly config: Config
}

/** The stages of a file, in order. */
export interface Plan {
  readonly file: string
  readonly stages: readonly Stage[]
  /** What its jobs ask of a cluster. */
  readonly cluster: Section<'cluster'>
}

/**
 * Reads `stages` and the file of each stage, so that a fault in the last one is told before the
 * first one starts. Over a stage's file comes its own `set`, and over that the command line's.
 *
 * @param options.set Changes every stage that has the section, such as `training.epochs=5`.
 * @throws {ConfigError} for a fault in any of the files, a `set` that no stage can take, and
 *   `output=…`, which would send every stage to one folder.
 */
export function loadPlan(file: string, options: { set?: readonly string[] } = {}): Plan {
  const source = readConfig(file)
  const flags = (options.set ?? []).map(parseOverride)
  const forCluster = flags.filter(({ path }) => path[0] === 'cluster')
  const { stages: listed, cluster } = resolveConfig(source, forCluster)
  if (!listed) {
    throw new ConfigError(
      `config: ${file} has no "stages". Add them, such as: stages: [{ verb: train, config: train.yml }]`,
    )
  }
  refuseCommonOutput(flags)
  const taken = new Set<Override>(forCluster)
  const stages = listed.map((stage, index): Stage => {
    const path = besides(source, index, stage.config)
    const own = overridesOf(stage.set, `${file}: stage ${index + 1}`)
    const stageSource = readConfig(path)
    const without = resolveConfig(stageSource, own)
    const fitting = flags.filter((flag) => !forCluster.includes(flag) && concerns(flag, without))
    for (const flag of fitting) taken.add(flag)
    return {
      verb: stage.verb,
      file: path,
      config: resolveConfig(stageSource, [...own, ...fitting]),
    }
  })
  const idle = flags.find((flag) => !taken.has(flag))
  if (idle) {
    throw new ConfigError(
      `config: ${idle.value.origin.text}: no stage of ${file} has the section "${idle.path[0]}".`,
    )
  }
  return { file, stages, cluster: cluster ?? clusterSchema.parse({}) }
}

/** A stage's file is relative to the file in which the stage is written. */
function besides(source: ConfigSource, index: number, name: string): string {
  if (isAbsolute(name)) return name
  const written = valueAt(source.root, ['stages', index, 'config'])?.origin.file
  return join(dirname(written ?? source.file), name)
}

/** A section that a stage does without cannot be made from one of its keys. */
function concerns({ path }: Override, config: Config): boolean {
  const [section = ''] = path
  const known = keysOf([rootSchema]).includes(section)
  return (
    !known || Object.entries(config).some(([key, value]) => key === section && value !== undefined)
  )
}

function refuseCommonOutput(flags: readonly Override[]): void {
  const output = flags.find(({ path }) => path[0] === 'output')
  if (!output) return
  throw new ConfigError(
    `config: ${output.value.origin.text}: every stage would write to this folder. Give each stage its own with "set: { output: … }" in the file.`,
  )
}
