import { shardedCommand } from './library-command.js'
import { rankedCommand } from './ranked-command.js'

export const fineTune = rankedCommand(
  shardedCommand('fine-tune', {
    aliases: ['fine_tune'],
    summary: 'make one model for each cell type from a trained one',
    details: [
      'Starts from the run "fineTune.from", for each cell type from the epoch that was best for it, and',
      'trains and validates on that cell type alone.',
    ].join('\n'),
    examples: [
      'phenoprint fine-tune -y configs/mitocheck/fine-tune.yml',
      "phenoprint fine-tune -y configs/rxrx1/fine-tune-b4.yml --set 'fineTune.cellTypes=[U2OS]'",
    ],
  }),
)
