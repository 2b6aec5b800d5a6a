import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Config } from '../config/config.js'
import { type FinishedRun, finishedRun } from '../run/finished-run.js'
import type { RunVerb } from '../run/verbs.js'
import { pseudoLabelOrigin, readPseudoLabelOrigin } from '../screen/pseudo-labels.js'
import type { Screen } from '../screen/screen.js'
import { splitScreen } from '../screen/split.js'

/** What predictions rest on. */
export interface ModelsBehind {
  /** Trainings, each once. */
  readonly models: readonly {
    readonly run: string
    readonly verb: string
    readonly seed: number
    readonly data: string | null
  }[]
  /** Ids of the plates whose labels they have seen, be it through the labels of an earlier round. */
  readonly plates: ReadonlySet<string>
}

const below: Partial<Record<RunVerb, (config: Config) => readonly [string, RunVerb[]][]>> = {
  infer: ({ prediction }) => [[prediction?.from ?? '', ['train', 'fine-tune']]],
  ensemble: ({ ensemble }) =>
    Object.values(ensemble?.members ?? {}).flatMap((list) =>
      list.map(({ run }): [string, RunVerb[]] => [run, ['infer']]),
    ),
  'fine-tune': ({ fineTune }) => [[fineTune?.from ?? '', ['train']]],
  train: ({ model: { weights } }) => {
    const folder = weights === undefined ? null : runHolding(weights)
    return folder === null ? [] : [[folder, ['train', 'fine-tune']]]
  },
}

/** The run that left a checkpoint in its `checkpoints/`, or in that of a cell type; null if none did. */
function runHolding(checkpoint: string): string | null {
  const folder = dirname(dirname(checkpoint))
  const found = [folder, dirname(folder)].find((path) => existsSync(join(path, 'provenance.json')))
  return found ?? null
}

/**
 * Follows runs of predictions down to every training behind them, also those whose checkpoint another
 * began from.
 *
 * @param screen The screen that all of them are of.
 * @throws {EarlierRunError} when one of them is gone or not finished: it would not be known what it
 *   has seen.
 */
export function modelsBehind(from: readonly string[], screen: Screen): ModelsBehind {
  const models = new Map<string, ModelsBehind['models'][number]>()
  const plates = new Set<string>()
  const visited = new Set<string>()
  const visit = (folder: string, verbs: readonly RunVerb[], key: string) => {
    if (visited.has(folder)) return
    visited.add(folder)
    const run = finishedRun(folder, key, verbs)
    if (run.verb === 'train' || run.verb === 'fine-tune') {
      const { verb, data, config } = run
      models.set(folder, { run: folder, verb, seed: config.seed, data })
      for (const plate of platesSeen(run, screen)) plates.add(plate)
    }
    const next = Object.entries(below).find(([verb]) => verb === run.verb)?.[1]
    for (const [path, kinds] of next?.(run.config) ?? [])
      visit(path, kinds, `the run behind ${folder}`)
  }
  for (const folder of from) visit(folder, ['infer', 'ensemble'], 'pseudoLabels.from')
  return { models: [...models.values()], plates }
}

/** Plates of a training's units, and those behind the predicted labels that it took. */
function platesSeen({ config, folder }: FinishedRun, screen: Screen): string[] {
  const own = platesOf(screen, splitScreen(screen, config.split).train)
  const origin = join(folder, pseudoLabelOrigin)
  return existsSync(origin) ? [...own, ...readPseudoLabelOrigin(origin).learnedFrom] : own
}

/** Ids of the plates of units, each once. */
export function platesOf(screen: Screen, units: readonly number[]): string[] {
  const indices = new Set(units.map((unit) => screen.units[unit]?.plate ?? -1))
  return [...indices].map((plate) => screen.plates[plate]?.id ?? '')
}
