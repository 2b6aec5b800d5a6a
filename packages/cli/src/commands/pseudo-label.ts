import { libraryCommand } from './library-command.js'

export const pseudoLabel = libraryCommand('pseudo-label', {
  summary: 'choose confident predictions to train on: one round',
  details: [
    'Calls the units of the runs in "pseudoLabels.from", by the rules of "assignment" where the file has',
    'them, and takes the most confident of each cell type: from a threshold, a share, or a share that',
    'grows over the rounds. No label of a validation or test unit is looked at. A training takes them',
    'with "training.pseudoLabels". Writes pseudo-labels.csv, and pseudo-labels.json with the rounds and',
    'the models behind them.',
  ].join('\n'),
  examples: [
    'phenoprint pseudo-label -y configs/demo/pseudo-label.yml',
    'phenoprint pseudo-label -y configs/demo/pseudo-label.yml --set pseudoLabels.share=0.3',
  ],
})
