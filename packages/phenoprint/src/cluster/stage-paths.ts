import { relative, resolve } from 'node:path'
import type { Stage } from '../workflows/plan.js'

/** Folders of a stage: those that it makes, and those that earlier stages must have made. */
export interface StagePaths {
  readonly writes: readonly string[]
  readonly reads: readonly string[]
}

/** What a stage's configuration says of where its data come from and go to. */
export function stagePaths({ verb, config }: Pick<Stage, 'verb' | 'config'>): StagePaths {
  const output = [config.output]
  const store = [config.store?.path]
  const tables = [config.screen?.folder]
  switch (verb) {
    case 'simulate':
      return paths([config.simulation?.folder], [])
    case 'preprocess':
      return paths(store, tables)
    case 'audit':
      return paths([], [...tables, ...store])
    case 'export':
      return paths([config.export?.path], store)
    case 'train':
      return paths(output, [...store, config.training.pseudoLabels?.from])
    case 'fine-tune':
      return paths(output, [...store, config.fineTune?.from, config.training.pseudoLabels?.from])
    case 'infer':
      return paths(output, [...store, config.prediction?.from])
    case 'ensemble': {
      const members = Object.values(config.ensemble?.members ?? {}).flat()
      return paths(
        output,
        members.map(({ run }) => run),
      )
    }
    case 'assign':
      return paths(output, [...tables, config.assignment?.from])
    case 'submit':
      return paths(output, [...tables, config.submission?.from])
    case 'explain':
      return paths(output, [...store, config.explain?.from])
    case 'evaluate':
      return paths(output, [...tables, ...(config.evaluation?.from ?? [])])
    case 'choose':
      return paths(output, [...tables, ...(config.choose?.members ?? [])])
    case 'embed':
      return paths(output, [...store, config.embed?.from])
    case 'pseudo-label': {
      const { from = [], previous } = config.pseudoLabels ?? {}
      return paths(output, [...tables, ...from, previous])
    }
  }
}

/**
 * For each stage, the earlier stages that it needs: those which make a folder that it reads, or in
 * which, or around which, it reads or writes.
 */
export function neededStages(stages: readonly Pick<Stage, 'verb' | 'config'>[]): number[][] {
  const all = stages.map(stagePaths)
  return all.map(({ reads, writes }, index) =>
    all
      .slice(0, index)
      .flatMap((earlier, i) =>
        [...reads, ...writes].some((path) => earlier.writes.some((made) => overlap(path, made)))
          ? [i]
          : [],
      ),
  )
}

function paths(
  writes: readonly (string | null | undefined)[],
  reads: readonly (string | null | undefined)[],
): StagePaths {
  const named = (list: typeof writes) => list.flatMap((path) => (path ? [path] : []))
  return { writes: named(writes), reads: named(reads) }
}

function overlap(one: string, other: string): boolean {
  return isWithin(one, other) || isWithin(other, one)
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(resolve(folder), resolve(path))
  return way === '' || !(way === '..' || way.startsWith('../'))
}
