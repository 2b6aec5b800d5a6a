import { rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { engine, setThreads } from '@phenoprint/torch'
import { BatchLoader } from '../batches/batch-loader.js'
import { viewLoader } from '../batches/paired-loader.js'
import type { Config, Section } from '../config/config.js'
import { requireSection } from '../config/require.js'
import { metricsTable } from '../evaluation/metrics-table.js'
import { givesRanks } from '../evaluation/reductions.js'
import { type CellTypeInput, cellTypeInput } from '../models/cell-type-input.js'
import { imageValues } from '../models/precision.js'
import { engineFault } from '../run/engine-fault.js'
import { writeJson } from '../run/files.js'
import { type FinishedRun, finishedBefore, finishedRun } from '../run/finished-run.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import { requireDevice } from '../run/require-device.js'
import { RunDirectory } from '../run/run-directory.js'
import { saySlowPrecision } from '../run/say-slow-precision.js'
import {
  finishedShards,
  type Shard,
  shardFolder,
  shardInWords,
  shardsFolder,
} from '../run/shard.js'
import { Store } from '../store/store.js'
import { checkAdaptation } from './adapted-network.js'
import { AdaptedNetworks } from './adapted-networks.js'
import { CallsWriter } from './calls.js'
import { classList } from './class-list.js'
import {
  planShard,
  planSplits,
  type SplitPlan,
  splitForPrediction,
  splitSection,
  unitsByCellType,
} from './inference-plan.js'
import { mergeShards } from './merge-shards.js'
import {
  checkTile,
  refuseUnknownControls,
  sayOtherStore,
  sayTrainedOn,
  trainedScreen,
} from './model-data.js'
import { NetworkSource } from './network-source.js'
import { predictSplit, viewsPathOf } from './predict-split.js'
import type { PredictionHeader } from './prediction-header.js'
import { describeInterval, type PredictionFigures, summarise } from './summary.js'
import { describeViews, type ViewsKept, viewsKept } from './views-kept.js'

/** Decoded tiles kept: enough for the symmetries of a tile to be read once, for they follow each other. */
const cacheBytes = 32 * 2 ** 20

/**
 * Predicts the units of the chosen splits with the network of a run, or with the network of each
 * cell type, and writes `predictions/<split>.parquet`, `predictions/<split>.views.parquet`,
 * `metrics.json` and `calls.csv` into the run directory. Stopped and started again, it goes on with
 * the first plate that is not whole.
 *
 * @throws {PredictionError} when a cell type has no network, or channels, tiles or classes of store
 *   and model disagree.
 * @throws {EarlierRunError} {StoreError} {CheckpointError} {ConfigError} {RunDirectoryError}
 * @throws {MachineError} when memory runs out, the disk is full, or there is no engine.
 */
export async function infer(config: Config, reporter: Reporter): Promise<VerbResult> {
  return await guarded(config, reporter, null)
}

/**
 * Predicts every so many plates of each split, into a run directory of its own below `output`. `infer`
 * puts all shards together once they are there; they may run in any order, anywhere.
 *
 * @throws as {@link infer}.
 */
export async function inferShard(
  config: Config,
  reporter: Reporter,
  shard: Shard,
): Promise<VerbResult> {
  return await guarded(config, reporter, shard)
}

async function guarded(
  config: Config,
  reporter: Reporter,
  shard: Shard | null,
): Promise<VerbResult> {
  try {
    return await inferHere(config, reporter, shard)
  } catch (error) {
    throw engineFault(error, 'Set prediction.batchSize to fewer tiles at once, or free memory.')
  }
}

async function inferHere(
  config: Config,
  reporter: Reporter,
  shard: Shard | null,
): Promise<VerbResult> {
  const section = requireSection(config, 'prediction', 'infer')
  const output = requireSection(config, 'output', 'infer')
  const purpose = { verb: 'infer', config, reporter } as const
  const before = finishedBefore(output, purpose)
  if (before !== null) return before
  const folder = shard === null ? output : shardFolder(output, shard)
  const shardBefore = shard === null ? null : finishedBefore(folder, purpose)
  if (shardBefore !== null) return shardBefore
  const shards = shard === null ? finishedShards(output, 'infer') : null
  requireDevice(config.device)
  saySlowPrecision(
    'infer',
    'prediction.precision',
    { device: config.device, precision: section.precision },
    reporter,
  )
  const model = finishedRun(section.from, 'prediction.from', ['train', 'fine-tune'])
  using store = await Store.open(storePath(config, model))
  using networks = new NetworkSource(model, section.checkpoint, config.device, section.precision)
  setThreads(section.threads ?? availableParallelism())
  const plan = planInference(config, section, { model, store, networks, reporter })
  using run = RunDirectory.open(folder, purpose)
  run.record({ data: store.digest, engine: engine.version })
  if (shards !== null) return await mergeRun(run, plan, shards, { store, config, reporter })
  await using loader = new BatchLoader(store, model.config.normalise, {
    cacheBytes,
    values: imageValues(section.precision),
  })
  const { batches, seed } = model.config
  const views = viewLoader(loader, store, batches.pairs, seed)
  const adaptation = { adaptation: section.batchNorm, precision: section.precision, seed }
  using adapted = new AdaptedNetworks(networks, {
    ...adaptation,
    screen: store.screen,
    loader: views,
  })
  const adapts = section.batchNorm.statistics !== 'running'
  for (const split of plan.splits) {
    await predictSplit(planShard(store.screen, split, shard), {
      run,
      whole: split,
      reporter,
      screen: store.screen,
      loader: views,
      networks,
      adaptedFor: adapts ? (cellType) => adapted.for(cellType) : null,
      adaptedOver: section.batchNorm.statistics === 'experiment' ? 'experiment' : 'plate',
      header: { ...plan.header, split: split.name },
      source: plan.source,
      views: plan.views.precision,
      options: {
        ...section,
        device: config.device,
        classes: plan.header.classes,
        tilesPerSite: store.tilesPerSite,
        cellTypes: plan.cellTypes,
        signal: reporter.signal,
      },
    })
  }
  const result =
    shard === null
      ? await summariseRun(run, plan, config.seed, reporter)
      : summariseShard(run, plan, shard, store, reporter)
  run.finish(result)
  return result
}

/** The whole run out of its shards, which go once it is finished. */
async function mergeRun(
  run: RunDirectory,
  plan: InferencePlan,
  shards: readonly string[],
  { store, config, reporter }: Pick<Inputs, 'store' | 'reporter'> & { readonly config: Config },
): Promise<VerbResult> {
  for (const split of plan.splits) {
    await mergeShards(split, {
      run,
      reporter,
      screen: store.screen,
      shards,
      source: plan.source,
      header: { ...plan.header, split: split.name },
      views: plan.views.precision,
    })
  }
  const result = await summariseRun(run, plan, config.seed, reporter)
  run.finish(result)
  rmSync(shardsFolder(run.folder), { recursive: true, force: true })
  return result
}

/** What a shard tells: metrics are for the whole. */
function summariseShard(
  run: RunDirectory,
  { splits, views }: InferencePlan,
  shard: Shard,
  { screen }: Store,
  reporter: Reporter,
): VerbResult {
  const own = splits.map((split) => planShard(screen, split, shard))
  const plates = Object.fromEntries(own.map((split) => [split.name, split.plates.length]))
  reporter.say(
    `infer: ${shardInWords(shard)}: ${own.map(({ name, plates }) => `${plates.length} plates of ${name}`).join(', ')}`,
  )
  const files = own.flatMap(({ name }) => {
    const path = run.path('predictions', `${name}.parquet`)
    return views.precision === 'none' ? [path] : [path, viewsPathOf(path)]
  })
  return { status: 'done', figures: { shard, plates }, files }
}

interface Inputs {
  readonly model: FinishedRun
  readonly store: Store
  readonly networks: NetworkSource
  readonly reporter: Reporter
}

interface InferencePlan {
  readonly splits: readonly SplitPlan[]
  readonly views: ViewsKept
  readonly header: Omit<PredictionHeader, 'split'>
  /** What the networks take beside images. */
  readonly cellTypes: CellTypeInput | null
  /** Digest of the networks. */
  readonly source: string
}

/** Everything that can be wrong is found here, before hours are spent. */
function planInference(
  config: Config,
  section: Section<'prediction'>,
  { model, store, networks, reporter }: Inputs,
): InferencePlan {
  const { screen } = store
  checkTile(store, model)
  checkAdaptation(section.batchNorm, model.config.batches.pairs, 'prediction.batchNorm')
  sayOtherStore(store, model, reporter)
  const sameStore = store.digest === model.data
  const split = splitForPrediction(screen, splitSection(config, model.config, sameStore))
  const splits = planSplits(screen, split, section.splits)
  if (sameStore) sayTrainedOn(screen, splits, model, reporter)
  const known = classList(screen, sameStore ? screen : trainedScreen(model))
  if (known.count === null) refuseUnknownControls(model)
  const { classes, digest, cellTypes } = networks.check(
    unitsByCellType(splits),
    screen,
    known.count,
    model.config.batches.pairs === 'none' ? 1 : 2,
  )
  const viewsPerSite = store.tilesPerSite * section.symmetries.length
  const rows = splits.reduce((sum, { sites }) => sum + sites * viewsPerSite, 0)
  const views = viewsKept(section.views, rows, classes)
  reporter.say(`infer: ${describeViews(views, rows, classes)}`)
  return {
    splits,
    views,
    cellTypes: cellTypeInput(screen, cellTypes),
    source: digest,
    header: {
      version: 1,
      screen: screen.name,
      synthetic: screen.synthetic,
      classes,
      classNames: known.names === null ? null : [...known.names],
      scores: givesRanks(section.reduce) ? 'ranks' : 'logits',
      reduce: section.reduce,
      symmetries: section.symmetries,
    },
  }
}

/** Metrics and calls of all splits, from the predictions on the disk. */
async function summariseRun(
  run: RunDirectory,
  { splits, views }: InferencePlan,
  seed: number,
  reporter: Reporter,
): Promise<VerbResult> {
  using calls = new CallsWriter(run.path('calls.csv'))
  const metrics: Record<string, PredictionFigures> = {}
  const files: string[] = []
  for (const { name } of splits) {
    const path = run.path('predictions', `${name}.parquet`)
    metrics[name] = await summarise(path, name, calls, seed)
    files.push(path)
    if (views.precision !== 'none') files.push(run.path('predictions', `${name}.views.parquet`))
  }
  calls.finish()
  writeJson(run.path('metrics.json'), metrics)
  for (const [name, of] of Object.entries(metrics)) {
    for (const line of metricsTable(name, [{ name: 'model', metrics: of }])) reporter.say(line)
    if (of.overall.count > 0) reporter.say(describeInterval(of))
  }
  files.push(run.path('metrics.json'), run.path('calls.csv'))
  return { status: 'done', figures: { splits: metrics }, files }
}

function storePath(config: Config, model: FinishedRun): string {
  return config.store?.path ?? requireSection(model.config, 'store', 'infer').path
}
