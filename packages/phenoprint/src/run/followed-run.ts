import { join } from 'node:path'
import type { Ranks } from '../ranks/ranks.js'
import { RunDirectory, type RunPurpose } from './run-directory.js'

/** What a verb does with its run directory while it works. */
export type OpenRun = Pick<
  RunDirectory,
  | 'folder'
  | 'path'
  | 'event'
  | 'eventsLength'
  | 'rewindEvents'
  | 'record'
  | 'finish'
  | typeof Symbol.dispose
>

/** A run directory in which another rank writes: this one reads alone. */
class FollowedRun implements OpenRun {
  readonly eventsLength = 0
  constructor(readonly folder: string) {}

  path(...names: string[]): string {
    return join(this.folder, ...names)
  }

  event(): void {}
  rewindEvents(): void {}
  record(): void {}
  finish(): void {}
  [Symbol.dispose](): void {}
}

/**
 * Opens a run directory for ranks: the first works in it, the others once it is open.
 *
 * @throws as {@link RunDirectory.open}, on the first; the others lose it.
 */
export function openRun(ranks: Ranks, folder: string, purpose: RunPurpose): OpenRun {
  const run = ranks.isFirst ? RunDirectory.open(folder, purpose) : new FollowedRun(folder)
  ranks.meet()
  return run
}
