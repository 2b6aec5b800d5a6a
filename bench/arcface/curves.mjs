import fs from 'node:fs'
import { join } from 'node:path'

/** @import { CurvePoint } from '@phenoprint/phenoprint/plots' */

/**
 * Validation accuracy after each epoch of a training; of fine-tuning the mean over its networks.
 *
 * @param {string} folder run directory of train or fine-tune.
 * @param {string} network what the curve is called.
 * @returns {CurvePoint[]} by epoch.
 */
export function readCurve(folder, network) {
  /** @type {Map<number, CurvePoint[]>} */
  const epochs = new Map()
  for (const line of fs.readFileSync(join(folder, 'events.jsonl'), 'utf8').trim().split('\n')) {
    const event = JSON.parse(line)
    if (event.type !== 'epoch') continue
    const { accuracy, loss } = event.validation.overall
    const point = {
      network,
      epoch: event.epoch,
      trainingLoss: event.loss,
      validationLoss: loss,
      accuracy,
    }
    epochs.set(event.epoch, [...(epochs.get(event.epoch) ?? []), point])
  }
  return [...epochs.values()].map((points) => ({
    network,
    epoch: points[0].epoch,
    trainingLoss: mean(points.map((one) => one.trainingLoss)),
    validationLoss: mean(points.map((one) => one.validationLoss)),
    accuracy: mean(points.map((one) => one.accuracy)),
  }))
}

/** @param {number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
