import { availableParallelism } from 'node:os'
import { engine, setThreads } from '@phenoprint/torch'
import { BatchLoader } from '../batches/batch-loader.js'
import { viewLoader } from '../batches/paired-loader.js'
import type { Config, Section } from '../config/config.js'
import { requireSection } from '../config/require.js'
import { ConfigError } from '../errors.js'
import { cellTypeInput } from '../models/cell-type-input.js'
import { classList } from '../prediction/class-list.js'
import { splitSection } from '../prediction/inference-plan.js'
import { checkTile, sayOtherStore, trainedScreen } from '../prediction/model-data.js'
import { NetworkSource } from '../prediction/network-source.js'
import { engineFault } from '../run/engine-fault.js'
import { writeJson } from '../run/files.js'
import { finishedBefore, finishedRun } from '../run/finished-run.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import { requireDevice } from '../run/require-device.js'
import { RunDirectory } from '../run/run-directory.js'
import type { Screen } from '../screen/screen.js'
import { Store } from '../store/store.js'
import { meanShares, sharesTable } from './channel-shares.js'
import { checkBrightest } from './display.js'
import { countByCellType, explainUnits } from './explain-units.js'
import { explainedUnits } from './explained-units.js'
import { channelsFile } from './explanation-table.js'

/**
 * Shows which pixels and channels of some units speak for a class, by the networks of a run: a sheet
 * of pictures a site in `pictures/`, and how much lies in each channel in `channels.csv`.
 *
 * @throws {ConfigError} when a unit, a class or a channel is asked for that is not there.
 * @throws {PredictionError} {EarlierRunError} {StoreError} {CheckpointError} {RunDirectoryError}
 * @throws {MachineError} when memory runs out, the disk is full, or there is no engine.
 */
export async function explain(config: Config, reporter: Reporter): Promise<VerbResult> {
  try {
    return await explainHere(config, reporter)
  } catch (error) {
    throw engineFault(error, 'Set explain.batchSize to fewer tiles at once, or free memory.')
  }
}

async function explainHere(config: Config, reporter: Reporter): Promise<VerbResult> {
  const section = requireSection(config, 'explain', 'explain')
  const output = requireSection(config, 'output', 'explain')
  const purpose = { verb: 'explain', config, reporter } as const
  const before = finishedBefore(output, purpose)
  if (before !== null) return before
  requireDevice(config.device)
  const model = finishedRun(section.from, 'explain.from', ['train', 'fine-tune'])
  const storePath = config.store?.path ?? requireSection(model.config, 'store', 'explain').path
  using store = await Store.open(storePath)
  const { screen } = store
  checkTile(store, model)
  sayOtherStore(store, model, reporter)
  const sameStore = store.digest === model.data
  const split = splitSection(config, model.config, sameStore)
  checkBrightest(screen, section.brightest)
  const units = explainedUnits(screen, section, split, config.seed)
  using networks = new NetworkSource(model, section.checkpoint, config.device, 'fp32')
  const known = classList(screen, sameStore ? screen : trainedScreen(model))
  const { batches, seed, normalise } = model.config
  const { classes, cellTypes } = networks.check(
    countByCellType(screen, units),
    screen,
    known.count,
    batches.pairs === 'none' ? 1 : 2,
  )
  refuseClass(section.class, classes, screen, units)
  setThreads(availableParallelism())
  using run = RunDirectory.open(output, purpose)
  run.record({ data: store.digest, engine: engine.version })
  await using loader = new BatchLoader(store, normalise)
  const views = viewLoader(loader, store, batches.pairs, seed)
  using table = channelsFile(run.path('channels.csv'))
  const { device } = config
  const inputs = {
    ...{ section, store, loader: views, device, classes, names: known.names, table, run },
    cellTypes: cellTypeInput(screen, cellTypes),
  }
  const found = await explainUnits(units, networks, inputs, reporter)
  table.finish()
  const figures = { synthetic: screen.synthetic, units: units.length, shares: meanShares(found) }
  writeJson(run.path('metrics.json'), figures)
  for (const line of sharesTable(figures.shares, screen.channels)) reporter.say(line)
  const files = [
    ...found.map(({ picture }) => picture),
    run.path('channels.csv'),
    run.path('metrics.json'),
  ]
  const result: VerbResult = { status: 'done', figures, files }
  run.finish(result)
  return result
}

/** Every unit must have the class that is to be explained, and the network that class. */
function refuseClass(
  wanted: Section<'explain'>['class'],
  classes: number,
  screen: Screen,
  units: readonly number[],
): void {
  if (typeof wanted === 'number' && wanted >= classes) {
    throw new ConfigError(
      `explain.class: got ${wanted}, expected call, label or a class from 0 to ${classes - 1}.`,
    )
  }
  if (wanted !== 'label') return
  for (const unit of units) {
    const { id, label = null } = screen.units[unit] ?? {}
    if (label !== null && label < classes) continue
    throw new ConfigError(
      `explain.class: label: unit ${id} has ${label === null ? 'no known label' : `the label ${label}, and the network ${classes} classes`}. Set it to call, or name other units.`,
    )
  }
}
