import type { Config } from '../config/config.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import { inWorker } from './in-worker.js'

/**
 * Trains one network for all cell types on the configuration's training units and validates each
 * epoch, in a thread of its own. The run directory gets `checkpoints/` (`last`, `best` and
 * `best-<cellType>`, safetensors with their state as JSON beside), `metrics.json` and an event an
 * epoch; stopped and run again, it goes on where it was. The loop is in loop.ts.
 *
 * @throws {ConfigError} {RunDirectoryError} {StoreError} {CheckpointError}
 * @throws {MachineError} when a step does not fit in memory, the disk is full, or there is no engine.
 * @throws {DivergedError} when the loss is not finite.
 * @throws {InterruptedError} when the reporter's signal was aborted.
 */
export function train(config: Config, reporter: Reporter): Promise<VerbResult> {
  return inWorker('train', config, reporter)
}
