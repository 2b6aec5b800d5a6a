import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { EarlierRunError, UsageError } from '../errors.js'

/**
 * One of several parts of a verb's work that need nothing of each other: of plates or of cell types,
 * every `count`-th from `index` on. Whoever runs the verb without a shard afterwards puts them together.
 */
export interface Shard {
  /** From 0 to `count - 1`, as Slurm counts tasks of an array and torchrun counts ranks. */
  readonly index: number
  readonly count: number
}

/** Variables that number the processes of one start: torchrun's, then those of Slurm's `srun`. */
const rankVariables = [
  ['RANK', 'WORLD_SIZE'],
  ['SLURM_PROCID', 'SLURM_NTASKS'],
] as const

/**
 * Reads `3/8`, the fourth of eight; or `ranks`, which takes both numbers from torchrun or `srun`.
 *
 * @throws {UsageError} for anything else, or where no such variables are set.
 */
export function parseShard(
  text: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Shard {
  if (text === 'ranks') {
    for (const [rank, size] of rankVariables) {
      const shard = shardOf(environment[rank], environment[size])
      if (shard !== null) return shard
    }
    throw new UsageError(
      '--shard ranks: neither RANK and WORLD_SIZE (torchrun) nor SLURM_PROCID and SLURM_NTASKS (srun) say which one this is. Give it as --shard 0/8.',
    )
  }
  const [index, count, ...rest] = text.split('/')
  const shard = rest.length === 0 ? shardOf(index, count) : null
  if (shard !== null) return shard
  throw new UsageError(
    `--shard: got "${text}", expected INDEX/COUNT with an index from 0 to COUNT - 1, such as 0/8, or ranks.`,
  )
}

function shardOf(index: string | undefined, count: string | undefined): Shard | null {
  const whole = /^\d{1,6}$/
  if (index === undefined || count === undefined || !whole.test(index) || !whole.test(count)) {
    return null
  }
  return Number(index) < Number(count) ? { index: Number(index), count: Number(count) } : null
}

/** The items that fall to a shard; all of them without one. */
export function itemsOf<T>(items: readonly T[], shard: Shard | null): readonly T[] {
  return shard === null
    ? items
    : items.filter((_, position) => position % shard.count === shard.index)
}

/** `3 of 8`, as people are told; the first is 0. */
export function shardInWords({ index, count }: Shard): string {
  return `shard ${index} of ${count} (counted from 0)`
}

const folderName = 'shards'

/** The run directory of a shard, below that of the whole. */
export function shardFolder(output: string, { index, count }: Shard): string {
  return join(output, folderName, `${index}-of-${count}`)
}

/** The folder of all shards of a run. */
export function shardsFolder(output: string): string {
  return join(output, folderName)
}

/**
 * The run directories of all shards of a run, in order; null where it has none.
 *
 * @param verb That runs them, for the message.
 * @throws {EarlierRunError} when one is missing, not finished, or of another division.
 */
export function finishedShards(output: string, verb: string): readonly string[] | null {
  const folder = shardsFolder(output)
  const names = existsSync(folder) ? readdirSync(folder) : []
  if (names.length === 0) return null
  const found = names.map((name) => {
    const [index, count] = name.split('-of-')
    return { name, shard: shardOf(index, count) }
  })
  const counts = [...new Set(found.map(({ shard }) => shard?.count ?? 0))]
  const [count = 0] = counts
  if (counts.length > 1 || count === 0) {
    throw new EarlierRunError(
      `shards: ${folder} holds ${names.sort().join(', ')}, expected the shards of one division, such as 0-of-2 and 1-of-2: units would be there twice. Delete those that are not wanted.`,
    )
  }
  const folders = Array.from({ length: count }, (_, index) => shardFolder(output, { index, count }))
  const unfinished = folders.flatMap((path, index) =>
    existsSync(join(path, 'result.json')) ? [] : [index],
  )
  if (unfinished.length > 0) {
    throw new EarlierRunError(
      `shards: of the ${count} shards in ${folder}, ${unfinished.join(', ')} (counted from 0) ${unfinished.length === 1 ? 'is' : 'are'} missing or not finished. Run phenoprint ${verb} with --shard ${unfinished[0]}/${count}, or delete ${folder} to do without shards.`,
    )
  }
  return folders
}
