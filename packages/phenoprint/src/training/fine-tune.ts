import type { Config } from '../config/config.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import type { Shard } from '../run/shard.js'
import { inWorker } from './in-worker.js'

/**
 * Makes one network for each cell type out of that of a run of train: from that cell type's own best
 * epoch, trained and validated on its units alone, with a fresh optimiser. `<run>/<cellType>/` gets
 * what train writes for all; stopped and run again, it goes on with the cell type it was at.
 *
 * @throws {ConfigError} for a cell type that is not there, or has nothing to train on.
 * @throws {PredictionError} when the overall run is missing or not finished.
 * @throws as `train`.
 */
export function fineTune(config: Config, reporter: Reporter): Promise<VerbResult> {
  return inWorker('fine-tune', config, reporter)
}

/**
 * The same for every so many cell types, in a run directory of its own below `output`. `fineTune` takes
 * over the networks of all shards once they are there.
 *
 * @throws as {@link fineTune}.
 */
export function fineTuneShard(
  config: Config,
  reporter: Reporter,
  shard: Shard,
): Promise<VerbResult> {
  return inWorker('fine-tune', config, reporter, shard)
}
