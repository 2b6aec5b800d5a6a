import { PredictionError } from '../errors.js'
import type { FinishedRun } from '../run/finished-run.js'
import type { Reporter } from '../run/reporter.js'
import type { Screen } from '../screen/screen.js'
import { splitScreen } from '../screen/split.js'
import type { Store } from '../store/store.js'
import { readStoredScreen } from '../store/stored-screen.js'
import type { SplitPlan } from './inference-plan.js'

/**
 * Tiles must be of the size that the model was trained on.
 *
 * @throws {PredictionError} when they are not.
 */
export function checkTile(store: Store, model: FinishedRun): void {
  const wanted = model.config.store?.tile
  if (wanted === undefined) return
  const { tileShape, imageShape } = store
  const height = Math.min(wanted[0], imageShape.height)
  const width = Math.min(wanted[1], imageShape.width)
  if (tileShape.height === height && tileShape.width === width) return
  throw new PredictionError(
    `infer: tiles of the store ${store.path} are ${tileShape.height} x ${tileShape.width} pixels, and the model in ${model.folder} was trained on ${height} x ${width}. Preprocess the screen into another store with store.tile: [${wanted.join(', ')}].`,
  )
}

/** Says when the pixels are not those that the model was trained on: right for a new screen, a surprise otherwise. */
export function sayOtherStore(store: Store, model: FinishedRun, reporter: Reporter): void {
  if (store.digest === model.data) return
  reporter.say(
    `infer: the store ${store.path} (${short(store.digest)}) is not the one that ${model.folder} was trained on (${short(model.data)})`,
  )
}

/** Says how many validation or test units the model has seen with their labels. */
export function sayTrainedOn(
  screen: Screen,
  plans: readonly SplitPlan[],
  model: FinishedRun,
  reporter: Reporter,
): void {
  const trained = new Set(splitScreen(screen, model.config.split).train)
  for (const { name, plates } of plans) {
    if (name === 'train') continue
    const units = plates.flatMap((plate) => plate.units)
    const seen = units.filter((unit) => trained.has(unit)).length
    if (seen > 0) {
      reporter.say(
        `infer: warning: ${model.folder} was trained on ${seen} of the ${units.length} ${name} units, so their figures say nothing about unseen ones. Use the split of the model's run.`,
      )
    }
  }
}

/** The screen that the model was trained on, where its store still is; null where not. */
export function trainedScreen(model: FinishedRun): Screen | null {
  const path = model.config.store?.path
  return path === undefined ? null : (readStoredScreen(path)?.screen ?? null)
}

function short(digest: string | null): string {
  return digest === null ? 'digest not known' : `digest ${digest.slice(0, 12)}`
}

/**
 * Refuses a network with classes of controls behind those of treatments where no screen says how many are
 * treatments: wells would be called controls.
 *
 * @throws {PredictionError}
 */
export function refuseUnknownControls({
  config,
  folder,
}: Pick<FinishedRun, 'config' | 'folder'>): void {
  const { controls, pairs } = config.batches
  if (controls === false && pairs === 'none') return
  throw new PredictionError(
    `infer: the model in ${folder} has classes of controls too, and neither this screen, which has no labels, nor the store that it was trained on (${config.store?.path ?? 'none'}) tells how many are treatments. Put that store back, or name the treatments in screen.classNames.`,
  )
}
