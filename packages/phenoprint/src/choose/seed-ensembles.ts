import type { Config } from '../config/config.js'
import type { MixtureScore } from '../ensemble/mixture.js'
import { EarlierRunError } from '../errors.js'
import { finishedRun } from '../run/finished-run.js'
import type { Subset } from './subsets.js'

/** Runs whose networks were trained alike but for the seed. */
export interface SeedGroup {
  /** Indices of members, ascending. */
  readonly members: readonly number[]
  /** The seed of each. */
  readonly seeds: readonly number[]
}

/** What averaging over seeds brings, on the units that members are compared on. */
export interface SeedFigures {
  readonly runs: readonly string[]
  readonly seeds: readonly number[]
  /** Standard deviation between the runs by themselves. */
  readonly spread: MixtureScore
  /** Means over all choices of so many seeds. */
  readonly bySize: readonly (MixtureScore & { readonly size: number; readonly choices: number })[]
}

/**
 * Groups of runs of infer that differ only in the seed of their training (and of the training that they
 * were fine-tuned from). A run whose training is not there any more is in none.
 *
 * @param runs Run directories of finished runs.
 */
export function seedGroups(runs: readonly string[]): SeedGroup[] {
  const groups = new Map<string, { members: number[]; seeds: number[] }>()
  runs.forEach((run, member) => {
    const recipe = recipeOf(run)
    if (recipe === null) return
    const group = groups.get(recipe.key) ?? { members: [], seeds: [] }
    group.members.push(member)
    group.seeds.push(recipe.seed)
    groups.set(recipe.key, group)
  })
  return [...groups.values()].filter(({ seeds }) => new Set(seeds).size > 1)
}

/** Figures of a group, from the subsets of one cell type that were judged. */
export function seedFigures(
  { members, seeds }: SeedGroup,
  subsets: readonly Subset[],
  runs: readonly string[],
): SeedFigures {
  const own = subsets.filter((subset) => subset.members.every((member) => members.includes(member)))
  const sizes = [...new Set(own.map((subset) => subset.members.length))].sort((a, b) => a - b)
  const single = own.filter((subset) => subset.members.length === 1)
  return {
    runs: members.map((member) => runs[member] ?? ''),
    seeds,
    spread: {
      loss: deviation(single.map(({ loss }) => loss)),
      accuracy: deviation(single.map(({ accuracy }) => accuracy)),
    },
    bySize: sizes.map((size) => {
      const of = own.filter((subset) => subset.members.length === size)
      return {
        size,
        choices: of.length,
        loss: mean(of.map(({ loss }) => loss)),
        accuracy: mean(of.map(({ accuracy }) => accuracy)),
      }
    }),
  }
}

interface Recipe {
  /** All that the run was made with, but for seeds. */
  readonly key: string
  readonly seed: number
}

function recipeOf(run: string): Recipe | null {
  const { verb, config } = finishedRun(run, 'choose.members', ['infer', 'ensemble'])
  const { prediction } = config
  if (verb !== 'infer' || prediction === undefined) return null
  const training = trainingOf(prediction.from)
  if (training === null) return null
  const key = JSON.stringify([training.key, { ...prediction, from: null }, config.store ?? null])
  return { key, seed: training.seed }
}

function trainingOf(folder: string): Recipe | null {
  let config: Config
  try {
    config = finishedRun(folder, 'prediction.from', ['train', 'fine-tune']).config
  } catch (error) {
    if (error instanceof EarlierRunError) return null
    throw error
  }
  const { seed, output: _, fineTune, ...others } = config
  if (fineTune === undefined) return { key: JSON.stringify(others), seed }
  const overall = trainingOf(fineTune.from)
  if (overall === null) return null
  return { key: JSON.stringify([others, { ...fineTune, from: overall.key }]), seed }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function deviation(values: readonly number[]): number {
  const centre = mean(values)
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0)
  return Math.sqrt(squares / (values.length - 1))
}
