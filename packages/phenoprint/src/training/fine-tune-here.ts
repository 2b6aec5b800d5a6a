import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { engine } from '@phenoprint/torch'
import { z } from 'zod'
import type { Config, Section } from '../config/config.js'
import { requireSection } from '../config/require.js'
import { didYouMean } from '../did-you-mean.js'
import { ConfigError, EarlierRunError } from '../errors.js'
import type { Metrics } from '../evaluation/metrics.js'
import { metricsTable } from '../evaluation/metrics-table.js'
import { loadCheckpoint, loadTrunk } from '../models/checkpoint.js'
import { cellTypeFolder, checkpointFile, findCheckpoint } from '../models/checkpoint-path.js'
import { Ranks } from '../ranks/ranks.js'
import { type FinishedRun, finishedBefore, finishedRun } from '../run/finished-run.js'
import { type OpenRun, openRun } from '../run/followed-run.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import { requireDevice } from '../run/require-device.js'
import { saySlowPrecision } from '../run/say-slow-precision.js'
import { finishedShards, itemsOf, type Shard, shardFolder, shardsFolder } from '../run/shard.js'
import type { Screen } from '../screen/screen.js'
import { type Split, splitScreen } from '../screen/split.js'
import { Store } from '../store/store.js'
import { cellTypesOf, unitsOf } from './cell-types.js'
import { trainNetwork } from './loop.js'
import type { TrainingOutcome } from './outcome.js'
import { keepOrigin, takePseudoLabels } from './take-pseudo-labels.js'
import { refuseBlindStopping } from './train-here.js'
import { networkShape, trainingUnits } from './training-units.js'

/** `fineTune` in the thread that calls it, with the ranks that it is one of. */
export async function fineTuneHere(
  config: Config,
  reporter: Reporter,
  shard: Shard | null,
  ranks: Ranks = Ranks.alone,
): Promise<VerbResult> {
  const section = requireSection(config, 'fineTune', 'fine-tune')
  const output = requireSection(config, 'output', 'fine-tune')
  const { path } = requireSection(config, 'store', 'fine-tune')
  const purpose = { verb: 'fine-tune', config, reporter } as const
  const before = finishedBefore(output, purpose)
  if (before !== null) return before
  const folder = shard === null ? output : shardFolder(output, shard)
  const shardBefore = shard === null ? null : finishedBefore(folder, purpose)
  if (shardBefore !== null) return shardBefore
  const shards = shard === null ? finishedShards(output, 'fine-tune') : null
  requireDevice(config.device)
  saySlowPrecision(
    'fine-tune',
    'training.precision',
    { device: config.device, precision: config.training.precision },
    reporter,
  )
  const overall = finishedRun(section.from, 'fineTune.from', ['train'])
  using stored = await Store.open(path)
  const split = splitScreen(stored.screen, config.split)
  const pseudo = await takePseudoLabels(stored.screen, split, config, reporter)
  using store = pseudo === null ? stored : stored.relabelled(pseudo.screen)
  const { screen } = store
  sayLeaks(screen, split, overall, store, reporter)

  const cellTypes = chosenCellTypes(screen, split, section)
  const starts = itemsOf(cellTypes, shard).map((cellType) => ({
    cellType,
    path: findCheckpoint(overall.folder, 'bestByCellType', cellType),
  }))
  // Only now: what was refused so far leaves no run directory that a corrected file would not fit.
  using run = openRun(ranks, folder, purpose)
  run.record({ data: store.digest, engine: engine.version })
  if (pseudo !== null && ranks.isFirst) keepOrigin(run, pseudo)
  if (shards !== null && ranks.isFirst) takeOverShards(run, cellTypes, shards)
  const train = trainingUnits(screen, split, config, pseudo?.units ?? [])
  const outcomes: Record<string, TrainingOutcome> = {}
  for (const { cellType, path } of starts) {
    const validation = unitsOf(screen, split.validation, cellType)
    refuseBlindStopping(config, validation)
    outcomes[cellType] = await trainNetwork({
      config,
      store,
      train: unitsOf(screen, train, cellType),
      validation,
      shape: networkShape(screen, config),
      begin: (network, description) => {
        const from = `of ${overall.folder}`
        if (overall.config.model.head.name === config.model.head.name) {
          const { epoch } = loadCheckpoint(path, network, description)
          reporter.say(`${cellType}: starts from epoch ${epoch} ${from}.`)
          return
        }
        const { state, taken, fresh } = loadTrunk(path, network, description)
        reporter.say(
          `${cellType}: starts from epoch ${state.epoch} ${from}, with another head: taken ${taken.join(', ') || 'nothing'}; fresh ${fresh.join(', ') || 'nothing'}.`,
        )
      },
      folder: cellTypeFolder(run.folder, cellType),
      run,
      reporter,
      ranks,
      cellType,
    })
  }
  sayValidation(outcomes, reporter)
  const files = Object.entries(outcomes).flatMap(([cellType, { checkpoints }]) => {
    const folder = cellTypeFolder(run.folder, cellType)
    return [...checkpoints.map((name) => checkpointFile(folder, name)), `${folder}/metrics.json`]
  })
  const result: VerbResult = { status: 'done', figures: { byCellType: outcomes }, files }
  run.finish(result)
  if (shards !== null && ranks.isFirst) {
    rmSync(shardsFolder(run.folder), { recursive: true, force: true })
  }
  ranks.meet()
  return result
}

/** Networks of shards become those of the run, with what was told of them; each was trained once. */
function takeOverShards(
  run: OpenRun,
  cellTypes: readonly string[],
  shards: readonly string[],
): void {
  cellTypes.forEach((cellType, position) => {
    const from = cellTypeFolder(shards[position % shards.length] ?? '', cellType)
    const to = cellTypeFolder(run.folder, cellType)
    if (existsSync(to)) return
    if (!existsSync(from)) {
      throw new EarlierRunError(
        `shards: there is no ${from}, expected the network of ${cellType}. Delete ${shardsFolder(run.folder)} and fine-tune again.`,
      )
    }
    renameSync(from, to)
    for (const event of epochsOf(shards[position % shards.length] ?? '', cellType)) run.event(event)
  })
}

const epochSchema = z.looseObject({ type: z.literal('epoch'), cellType: z.string() })

/** What a shard told of a cell type's epochs. */
function epochsOf(shard: string, cellType: string): z.output<typeof epochSchema>[] {
  const lines = readFileSync(join(shard, 'events.jsonl'), 'utf8').split('\n')
  return lines.flatMap((line) => {
    const event = line === '' ? null : epochSchema.safeParse(JSON.parse(line))
    return event?.success === true && event.data.cellType === cellType ? [event.data] : []
  })
}

function chosenCellTypes(
  screen: Screen,
  split: Split,
  { cellTypes }: Section<'fineTune'>,
): readonly string[] {
  const trainable = [...new Set(cellTypesOf(screen, split.train))].sort()
  if (cellTypes === 'each') return trainable
  for (const name of cellTypes) {
    if (trainable.includes(name)) continue
    throw new ConfigError(
      `fineTune.cellTypes: got "${name}", expected cell types with training units: ${trainable.join(', ')}.${didYouMean(name, trainable)}`,
    )
  }
  return cellTypes
}

/** Says when units that validate here were trained on by the run that it starts from. */
function sayLeaks(
  screen: Screen,
  { validation }: Split,
  overall: FinishedRun,
  store: Store,
  reporter: Reporter,
): void {
  if (store.digest !== overall.data) {
    reporter.say(
      `fine-tune: the store ${store.path} is not the one that ${overall.folder} was trained on.`,
    )
    return
  }
  const trained = new Set(splitScreen(screen, overall.config.split).train)
  const seen = validation.filter((unit) => trained.has(unit)).length
  if (seen > 0) {
    reporter.say(
      `fine-tune: warning: ${overall.folder} was trained on ${seen} of the ${validation.length} validation units, so their loss says nothing about unseen ones. Use the split of that run.`,
    )
  }
}

function sayValidation(
  outcomes: Readonly<Record<string, TrainingOutcome>>,
  reporter: Reporter,
): void {
  const best: [string, Metrics][] = Object.entries(outcomes).flatMap(([cellType, { best }]) =>
    best === null ? [] : [[cellType, best.metrics.overall]],
  )
  for (const [cellType, overall] of best) {
    const rows = [{ name: 'best', metrics: { overall, byCellType: {} } }]
    for (const line of metricsTable(`${cellType}: validation, best epoch`, rows)) reporter.say(line)
  }
}
