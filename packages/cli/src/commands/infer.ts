import { shardedCommand } from './library-command.js'

export const infer = shardedCommand('infer', {
  aliases: ['inference'],
  summary: 'predict every unit with a trained model',
  details: [
    'Predicts all tiles, sites and chosen symmetries with the run "prediction.from", keeps the logits',
    'of each view in Parquet, and averages them per well (or per image, where a label belongs to',
    'one). Writes predictions, metrics and calls into the run directory "output".',
  ].join('\n'),
  examples: [
    'phenoprint infer -y configs/mitocheck/infer.yml',
    "phenoprint infer -y configs/mitocheck/infer.yml --set 'prediction.symmetries=[identity]' --set output=runs/plain",
  ],
})
