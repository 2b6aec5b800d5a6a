import { libraryCommand } from './library-command.js'

export const evaluate = libraryCommand('evaluate', {
  summary: 'say how good runs are, and what each step adds',
  details: [
    'Takes the stored predictions of the runs of infer, ensemble or assign in "evaluation.from" (no',
    'model is needed) and measures every step from single views to calls: for each cell type,',
    'experiment and plate, with intervals by bootstrap over experiments. Writes metrics.json and',
    'evaluation.csv.',
  ].join('\n'),
  examples: [
    'phenoprint evaluate -y configs/demo/evaluate.yml',
    'phenoprint evaluate -y configs/demo/evaluate.yml --set evaluation.resamples=5000 --set output=runs/finer',
  ],
})
