import { accuracyCurves, lossCurves } from '../plots/learning-curves.js'
import { details, figure, table, text } from './html.js'
import type { ReportedRun } from './reported-run.js'

/** Learning curves of a training, and its epochs as a table. */
export function trainingSection({ folder, curves }: ReportedRun, index: number): string {
  if (curves.length === 0) return ''
  const rows = curves.map(({ network, epoch, trainingLoss, validationLoss, accuracy }) => [
    network,
    String(epoch),
    trainingLoss.toFixed(3),
    validationLoss.toFixed(3),
    `${(100 * accuracy).toFixed(1)} %`,
  ])
  const header = ['Network', 'Epoch', 'Training loss', 'Validation loss', 'Validation accuracy']
  return [
    `<section id="training-${index + 1}"><h2>Training: ${text(folder)}</h2><div class="row">`,
    figure(
      'loss',
      lossCurves(curves, folder),
      `Loss, ${folder}. Solid: validation; dashed: training.`,
    ),
    figure('curve-accuracy', accuracyCurves(curves, folder), `Validation accuracy, ${folder}.`),
    `</div>${details('Every epoch', table(`Epochs, ${folder}`, header, rows))}</section>`,
  ].join('')
}
