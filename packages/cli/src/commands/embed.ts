import { libraryCommand } from './library-command.js'

export const embed = libraryCommand('embed', {
  summary: 'embed each well, and see whether replicates are alike',
  details: [
    'Writes what the networks of "embed.from" make of each well before they name a class, averaged over',
    'sites and tiles and corrected by the controls of its plate: embeddings.parquet, with Metadata_',
    'columns. Says how well replicates find each other: mean average precision, by treatment.',
  ].join('\n'),
  examples: [
    'phenoprint embed -y configs/demo/embed.yml',
    'phenoprint embed -y configs/demo/embed.yml --set embed.correct=whiten --set output=runs/whitened',
  ],
})
