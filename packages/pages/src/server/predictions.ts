import { softmax, UnitPredictions } from '@phenoprint/phenoprint/serving'
import type { Prediction } from '../api/run.js'
import { nothingHere, RequestFault } from './request-fault.js'
import { segmentsOfPath } from './segments.js'
import type { ServedFolder } from './served-folder.js'

/** How many classes are told. */
const shown = 10

/**
 * The likeliest classes of a unit, from the predictions of a run: only the logits of its plate are read.
 *
 * @param split `train`, `validation` or `test`.
 * @throws {RequestFault} 404 without such predictions or unit.
 * @throws {PredictionError} when the file is damaged.
 */
export async function predictionOf(
  folder: ServedFolder,
  { run, split, unit }: { readonly run: string; readonly split: string; readonly unit: string },
): Promise<Prediction> {
  if (!/^[\w-]+$/.test(split)) throw new RequestFault(400, 'The split is no name of one.')
  const names = [...segmentsOfPath(run), 'predictions', `${split}.parquet`]
  await using file = await UnitPredictions.open(await folder.find(names))
  const { classes, classNames, scores } = file.header
  for (let group = 0; group < file.groups; group++) {
    const rows = await file.rows(group)
    const row = rows.findIndex((each) => each.unit === unit)
    if (row === -1) continue
    const { logits } = await file.block(group)
    const own = logits.data.subarray(row * classes, (row + 1) * classes)
    const values = scores === 'logits' ? softmax(own) : Float64Array.from(own, (v) => v / classes)
    const order = [...values.keys()].sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0))
    return {
      probabilities: scores === 'logits',
      classes: order.slice(0, shown).map((index) => ({
        name: classNames?.[index] ?? `class ${index}`,
        score: values[index] ?? 0,
      })),
    }
  }
  throw nothingHere()
}
