import { engine } from '@phenoprint/torch'
import type { Config } from '../config/config.js'
import { requireSection } from '../config/require.js'
import { ConfigError } from '../errors.js'
import { metricsTable } from '../evaluation/metrics-table.js'
import { checkpointFile } from '../models/checkpoint-path.js'
import { describePretrained, loadPretrained } from '../models/pretrained.js'
import { Ranks } from '../ranks/ranks.js'
import { finishedBefore } from '../run/finished-run.js'
import { openRun } from '../run/followed-run.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import { requireDevice } from '../run/require-device.js'
import { saySlowPrecision } from '../run/say-slow-precision.js'
import { splitScreen } from '../screen/split.js'
import { Store } from '../store/store.js'
import { trainNetwork } from './loop.js'
import { keepOrigin, takePseudoLabels } from './take-pseudo-labels.js'
import { networkShape, trainingUnits } from './training-units.js'

/** `train` in the thread that calls it, with the ranks that it is one of. */
export async function trainHere(
  config: Config,
  reporter: Reporter,
  ranks: Ranks = Ranks.alone,
): Promise<VerbResult> {
  const output = requireSection(config, 'output', 'train')
  const { path } = requireSection(config, 'store', 'train')
  const purpose = { verb: 'train', config, reporter } as const
  const before = finishedBefore(output, purpose)
  if (before !== null) return before
  requireDevice(config.device)
  saySlowPrecision(
    'train',
    'training.precision',
    { device: config.device, precision: config.training.precision },
    reporter,
  )
  using stored = await Store.open(path)
  const split = splitScreen(stored.screen, config.split)
  const pseudo = await takePseudoLabels(stored.screen, split, config, reporter)
  using store = pseudo === null ? stored : stored.relabelled(pseudo.screen)
  const { screen } = store
  refuseBlindStopping(config, split.validation)
  // Only now: what was refused so far leaves no run directory that a corrected file would not fit.
  using run = openRun(ranks, output, purpose)
  run.record({ data: store.digest, engine: engine.version })
  if (pseudo !== null && ranks.isFirst) keepOrigin(run, pseudo)
  const { weights, stemWeights } = config.model
  const outcome = await trainNetwork({
    config,
    store,
    train: trainingUnits(screen, split, config, pseudo?.units ?? []),
    validation: split.validation,
    shape: networkShape(screen, config),
    begin: (network) => {
      if (weights === undefined) return
      const report = loadPretrained(network, weights, stemWeights)
      for (const line of describePretrained(weights, report)) reporter.say(line)
    },
    folder: run.folder,
    run,
    reporter,
    ranks,
    cellType: null,
  })
  if (outcome.best !== null) {
    const { epoch, metrics } = outcome.best
    const rows = [{ name: 'best', metrics }]
    for (const line of metricsTable(`validation, best epoch (${epoch})`, rows)) reporter.say(line)
  }
  const checkpoints = outcome.checkpoints.map((name) => checkpointFile(run.folder, name))
  const files = [...checkpoints, run.path('metrics.json')]
  const result: VerbResult = { status: 'done', figures: { ...outcome }, files }
  run.finish(result)
  ranks.meet()
  return result
}

/** @throws {ConfigError} when training should stop by a validation loss that there is not. */
export function refuseBlindStopping(config: Config, validation: readonly number[]): void {
  if (config.training.earlyStopping === undefined || validation.length > 0) return
  throw new ConfigError(
    'training.earlyStopping: there are no validation units to judge by. Hold some out with split.validation ({folds: 5, fold: 0}, or names by cell type), or leave earlyStopping out.',
  )
}
