import { libraryCommand } from './library-command.js'
import { rankedCommand } from './ranked-command.js'

export const train = rankedCommand(
  libraryCommand('train', {
    summary: 'train one model on all cell types',
    details: [
      'Reads a store, draws one tile of each site an epoch, and keeps the best epoch overall and the',
      'best of each cell type in the run directory "output". Killed or stopped and run again, it goes',
      'on where it was and ends with the same weights.',
    ].join('\n'),
    examples: [
      'phenoprint train -y configs/mitocheck/train.yml',
      'phenoprint train -y configs/mitocheck/train.yml --set training.epochs=5 --set output=runs/short',
      'phenoprint train -y configs/mitocheck/train.yml --ranks 2',
    ],
  }),
)
