import { libraryCommand } from './library-command.js'

export const ensemble = libraryCommand('ensemble', {
  summary: 'average the predictions of several models',
  details: [
    'Averages the runs of infer that "ensemble.members" lists, with weights, for each cell type or',
    'for all. Writes predictions, metrics, and calls.csv: the call for each well, its probability and',
    'the runner-up. With "ensemble.averaging", tiles, symmetries and sites are first averaged again from',
    'the stored views, for one run alone too; no model is needed.',
  ].join('\n'),
  examples: [
    'phenoprint ensemble -y configs/mitocheck/ensemble.yml',
    'phenoprint ensemble -y configs/mitocheck/ensemble.yml --set ensemble.reduce=rankMean --set output=runs/ranks',
  ],
})
