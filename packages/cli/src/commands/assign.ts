import { libraryCommand } from './library-command.js'

export const assign = libraryCommand('assign', {
  summary: 'call each well by what is known of plates',
  details: [
    'Takes the predictions of "assignment.from" (no model is needed), finds the group of classes that',
    'each plate holds, restricts its wells to it, and gives each class to one well. Writes calls.csv',
    'with calibrated probabilities and flags, plates.csv and the figures of every step.',
  ].join('\n'),
  examples: [
    'phenoprint assign -y configs/demo/assign.yml',
    'phenoprint assign -y configs/rxrx1/assign.yml --set assignment.method=greedy --set output=runs/greedy',
  ],
})
