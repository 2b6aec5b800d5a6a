import type { Config } from '../config/config.js'
import type { RunEvent, VerbResult } from '../run/reporter.js'
import type { Shard } from '../run/shard.js'
import type { PlainError } from './plain-error.js'

/** Verbs that run in a thread of their own. */
export type ThreadedVerb = 'train' | 'fine-tune'

/** What the thread starts with. */
export interface WorkerTask {
  readonly verb: ThreadedVerb
  readonly config: Config
  /** Of cell types; null for all. */
  readonly shard: Shard | null
}

/** From the thread to the one that started it. */
export type WorkerMessage =
  | { readonly type: 'say'; readonly line: string }
  | { readonly type: 'event'; readonly event: RunEvent }
  | {
      readonly type: 'progress'
      readonly id: number
      readonly label: string
      readonly total: number
      readonly unit: string
    }
  | {
      readonly type: 'advance'
      readonly id: number
      readonly count: number
      readonly note?: string | undefined
    }
  | { readonly type: 'progressDone'; readonly id: number }
  | { readonly type: 'result'; readonly result: VerbResult }
  | { readonly type: 'error'; readonly error: PlainError }

/** To the thread: stop after the next save, for this reason. */
export interface AbortMessage {
  readonly type: 'abort'
  readonly reason: PlainError
}
