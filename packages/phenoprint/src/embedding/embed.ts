import { availableParallelism } from 'node:os'
import { engine, noGrad, setThreads, type Tensor, tidy } from '@phenoprint/torch'
import { BatchLoader } from '../batches/batch-loader.js'
import { viewLoader } from '../batches/paired-loader.js'
import { predictionSamples } from '../batches/samples.js'
import type { Config, Section } from '../config/config.js'
import { requireSection } from '../config/require.js'
import { type Matrix, matrix } from '../evaluation/matrix.js'
import { imageTensor } from '../models/image-tensor.js'
import type { InferenceNetwork } from '../models/network.js'
import { checkTile, sayOtherStore } from '../prediction/model-data.js'
import { NetworkSource } from '../prediction/network-source.js'
import { predictEachUnit } from '../prediction/predict-units.js'
import type { Predictor, ViewLoader } from '../prediction/predict-views.js'
import { type PredictionRow, predictionRow } from '../prediction/prediction-row.js'
import { engineFault } from '../run/engine-fault.js'
import { writeJson } from '../run/files.js'
import { finishedBefore, finishedRun } from '../run/finished-run.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import { requireDevice } from '../run/require-device.js'
import { RunDirectory } from '../run/run-directory.js'
import { Store } from '../store/store.js'
import { centre, whiten } from './correct.js'
import { writeEmbeddings } from './embedding-file.js'
import { precisionFigures, precisionTable, treatmentsFile } from './precision-figures.js'

/**
 * Embeds every unit of a store: the features of a network, averaged over sites and tiles, corrected by
 * the controls of their plate. Writes `embeddings.parquet`, the mean average precision of replicates in
 * `metrics.json` and, by treatment, in `treatments.csv`.
 *
 * @throws {PredictionError} when a network does not fit the store, or a plate has no reference wells.
 * @throws {EarlierRunError} {StoreError} {CheckpointError} {ConfigError} {RunDirectoryError}
 * @throws {MachineError} when memory runs out, the disk is full, or there is no engine.
 */
export async function embed(config: Config, reporter: Reporter): Promise<VerbResult> {
  try {
    return await embedHere(config, reporter)
  } catch (error) {
    throw engineFault(error, 'Set embed.batchSize to fewer tiles at once, or free memory.')
  }
}

async function embedHere(config: Config, reporter: Reporter): Promise<VerbResult> {
  const section = requireSection(config, 'embed', 'embed')
  const output = requireSection(config, 'output', 'embed')
  const purpose = { verb: 'embed', config, reporter } as const
  const before = finishedBefore(output, purpose)
  if (before !== null) return before
  requireDevice(config.device)
  const model = finishedRun(section.from, 'embed.from', ['train', 'fine-tune'])
  const storePath = config.store?.path ?? requireSection(model.config, 'store', 'embed').path
  using store = await Store.open(storePath)
  checkTile(store, model)
  sayOtherStore(store, model, reporter)
  using networks = new NetworkSource(model, section.checkpoint, config.device, section.precision)
  const { batches, seed, normalise } = model.config
  const units = unitsByPlate(store)
  const counts = new Map<string, number>()
  for (const { cellType } of units.rows) counts.set(cellType, (counts.get(cellType) ?? 0) + 1)
  networks.check(counts, store.screen, null, batches.pairs === 'none' ? 1 : 2)
  setThreads(availableParallelism())
  using run = RunDirectory.open(output, purpose)
  run.record({ data: store.digest, engine: engine.version })
  await using loader = new BatchLoader(store, normalise)
  const views = viewLoader(loader, store, batches.pairs, seed)
  const raw = await embedUnits(units, { networks, store, views, section, config, reporter })
  const embeddings = corrected(raw, units.rows, section)
  const path = run.path('embeddings.parquet')
  writeEmbeddings(path, units.rows, embeddings)
  const found = precisionFigures(embeddings, units.rows, reporter)
  using table = treatmentsFile(run.path('treatments.csv'))
  table.add(found.lines)
  table.finish()
  const { screen } = store
  const figures = {
    screen: screen.name,
    synthetic: screen.synthetic,
    units: units.rows.length,
    features: embeddings.columns,
    correct: section.correct,
    ...found.figures,
  }
  writeJson(run.path('metrics.json'), figures)
  for (const line of precisionTable(found.figures)) reporter.say(line)
  const files = [path, run.path('metrics.json'), run.path('treatments.csv')]
  const result: VerbResult = { status: 'done', figures, files }
  run.finish(result)
  return result
}

interface Units {
  /** Indices into `Screen.units`, by plate. */
  readonly indices: readonly number[]
  readonly rows: readonly PredictionRow[]
}

/** Units with a site, cell types together: a network is loaded once. */
function unitsByPlate({ screen }: Store): Units {
  const plates = [...screen.plates].sort((a, b) =>
    a.cellType === b.cellType ? 0 : a.cellType < b.cellType ? -1 : 1,
  )
  const indices = plates
    .flatMap(({ units }) => units)
    .filter((unit) => (screen.units[unit]?.sites.length ?? 0) > 0)
  return { indices, rows: indices.map((unit) => predictionRow(screen, unit)) }
}

interface Inputs {
  readonly networks: NetworkSource
  readonly store: Store
  readonly views: ViewLoader
  readonly section: Section<'embed'>
  readonly config: Config
  readonly reporter: Reporter
}

/** `[unit, feature]`: means over the tiles of all sites. */
async function embedUnits({ indices, rows }: Units, inputs: Inputs): Promise<Matrix> {
  const { networks, store, views, section, config, reporter } = inputs
  const progress = reporter.progress('embed', indices.length, 'units')
  let data: Float32Array | null = null
  let features = 0
  let at = 0
  for (const cellType of new Set(rows.map((who) => who.cellType))) {
    const own = indices.filter((_, i) => rows[i]?.cellType === cellType)
    const network = networks.networkFor(cellType)
    const { predictor, width } = await featurePredictor(network, own, inputs)
    data ??= new Float32Array(indices.length * width)
    features = width
    const each = predictEachUnit(predictor, views, store.screen, own, {
      device: config.device,
      batchSize: section.batchSize,
      classes: width,
      tilesPerSite: store.tilesPerSite,
      symmetries: ['identity'],
      reduce: 'logitMean',
      signal: reporter.signal,
    })
    for await (const { logits } of each) {
      data.set(logits, at * width)
      at++
      progress.advance(1)
    }
  }
  progress.done()
  return matrix(data ?? new Float32Array(0), indices.length, features)
}

/** Features in place of logits; how many there are is seen on one view. */
async function featurePredictor(
  network: InferenceNetwork,
  units: readonly number[],
  { store, views, config }: Inputs,
): Promise<{ readonly predictor: Predictor; readonly width: number }> {
  const predictor = { forward: (images: Tensor) => network.features(images) }
  const site = store.screen.units[units[0] ?? -1]?.sites[0] ?? 0
  const [sample] = predictionSamples({ sites: [site], tilesPerSite: 1, symmetries: ['identity'] })
  const { images, shape } = await views.load(sample === undefined ? [] : [sample])
  const features = tidy(() =>
    noGrad(() => {
      const { device } = config
      return predictor.forward(imageTensor(images, shape, device)).shape[1] ?? 0
    }),
  )
  return { predictor, width: features }
}

function corrected(
  embeddings: Matrix,
  rows: readonly PredictionRow[],
  { correct, reference, ridge }: Section<'embed'>,
): Matrix {
  if (correct === 'none') return embeddings
  const isReference = rows.map(
    ({ role }) =>
      reference === 'all' ||
      role === 'negativeControl' ||
      (reference === 'controls' && role === 'positiveControl'),
  )
  const centred = centre(embeddings, rows, isReference)
  return correct === 'centre' ? centred : whiten(centred, rows, isReference, ridge)
}
