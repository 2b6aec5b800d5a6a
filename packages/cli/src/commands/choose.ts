import { libraryCommand } from './library-command.js'

export const choose = libraryCommand('choose', {
  summary: 'choose which runs to average: two picks, with reasons',
  details: [
    'Judges every subset of the runs in "choose.members" by its score and by how differently its',
    'members err, for each cell type, on units that none trained on. Averages, assigns and submits two',
    'picks: the best, and the most diverse of those as good. Writes choice.json, subsets.csv and',
    'front.svg.',
  ].join('\n'),
  examples: [
    'phenoprint choose -y configs/demo/choose.yml',
    'phenoprint choose -y configs/demo/choose.yml --set choose.diversity=yulesQ --set output=runs/by-q',
  ],
})
