import { UsageError } from '@phenoprint/phenoprint/basics'
import type { Command, Request } from '../command.js'
import type { Option } from '../options.js'

const ranksOption: Option = {
  name: 'ranks',
  type: 'string',
  value: 'COUNT',
  meaning: 'train one network on so many processes; torchrun, srun do without',
}

/** More would not be one machine's. */
const mostRanks = 1024

/** A verb that trains, which several processes can do together. */
export function rankedCommand(command: Command): Command {
  return {
    ...command,
    options: [...(command.options ?? []), ranksOption],
    async run(request, reporter) {
      const count = request.own.get(ranksOption.name)
      if (count === undefined) return await command.run(request, reporter)
      const size = ranksOf(count, request)
      if (size === 1) return await command.run(request, reporter)

      const { LocalRanks } = await import('../ranks/local-ranks.js')
      const { ranks, environment } = await LocalRanks.start(wordsOf(command, request), size)
      await using started = ranks
      const stop = () => started.stop()
      reporter.signal.addEventListener('abort', stop)
      Object.assign(process.env, environment)
      try {
        const result = await command.run(request, reporter)
        await started.ended()
        return result
      } catch (error) {
        throw await started.reasonFor(error)
      } finally {
        reporter.signal.removeEventListener('abort', stop)
        for (const name of Object.keys(environment)) delete process.env[name]
      }
    },
  }
}

function ranksOf(count: string | true, { own }: Request): number {
  const size = Number(count)
  if (!Number.isInteger(size) || size < 1 || size > mostRanks) {
    throw new UsageError(
      `--ranks: got "${count}", expected a whole number from 1 to ${mostRanks}, such as 2.`,
    )
  }
  if (own.has('shard')) {
    throw new UsageError(
      '--ranks and --shard: expected one of them. Shards are parts that need nothing of each other; ranks train one network together.',
    )
  }
  if (process.env.RANK !== undefined || process.env.SLURM_STEP_NUM_TASKS !== undefined) {
    throw new UsageError(
      '--ranks: torchrun or srun has started this process as one of several already. Leave --ranks out, or unset RANK and WORLD_SIZE.',
    )
  }
  return size
}

/** The command line of another rank. */
function wordsOf({ name }: Command, { file, set }: Request): string[] {
  return [name, ...(file === null ? [] : ['-y', file]), ...set.flatMap((one) => ['--set', one])]
}
