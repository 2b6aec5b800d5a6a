import type { Config } from '../config/config.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import type { Shard } from '../run/shard.js'

/** What a command does. It returns once all its files are written, or at once when they were. */
export type Verb = (config: Config, reporter: Reporter) => Promise<VerbResult>

/** The same for a part of its work, which the whole verb takes up later. */
export type ShardVerb = (config: Config, reporter: Reporter, shard: Shard) => Promise<VerbResult>

/** Verbs whose work falls into parts that need nothing of each other. */
export type ShardVerbName = 'preprocess' | 'fine-tune' | 'infer'

/** The commands that may be stages of a run. */
export type VerbName =
  | 'simulate'
  | 'preprocess'
  | 'audit'
  | 'export'
  | 'train'
  | 'fine-tune'
  | 'infer'
  | 'ensemble'
  | 'assign'
  | 'submit'
  | 'explain'
  | 'evaluate'
  | 'choose'
  | 'embed'
  | 'pseudo-label'

/** Loads a verb with all it needs, and only that: simulating must not wait for the engine. */
export async function loadVerb(name: VerbName): Promise<Verb> {
  switch (name) {
    case 'simulate':
      return (await import('../simulate/simulate.js')).simulate
    case 'preprocess':
      return (await import('../store/preprocess.js')).preprocess
    case 'audit':
      return (await import('../audit/audit.js')).audit
    case 'export':
      return (await import('../export/export.js')).exportStore
    case 'train':
      return (await import('../training/train.js')).train
    case 'fine-tune':
      return (await import('../training/fine-tune.js')).fineTune
    case 'infer':
      return (await import('../prediction/infer.js')).infer
    case 'ensemble':
      return (await import('../ensemble/ensemble.js')).ensemble
    case 'assign':
      return (await import('../assignment/assign.js')).assign
    case 'submit':
      return (await import('../assignment/submit.js')).submit
    case 'explain':
      return (await import('../report/explain.js')).explain
    case 'evaluate':
      return (await import('../report/evaluate.js')).evaluate
    case 'choose':
      return (await import('../choose/choose.js')).choose
    case 'embed':
      return (await import('../embedding/embed.js')).embed
    case 'pseudo-label':
      return (await import('../pseudo-labels/pseudo-label.js')).pseudoLabel
  }
}

/** Loads what does one shard of a verb. */
export async function loadShardVerb(name: ShardVerbName): Promise<ShardVerb> {
  switch (name) {
    case 'preprocess':
      return (await import('../store/preprocess.js')).preprocessShard
    case 'fine-tune':
      return (await import('../training/fine-tune.js')).fineTuneShard
    case 'infer':
      return (await import('../prediction/infer.js')).inferShard
  }
}
