import { libraryCommand } from './library-command.js'

export const submit = libraryCommand('submit', {
  summary: "write the competition's CSV, checked against its sample",
  details: [
    'Writes the calls of the run "submission.from" as submission.csv, in the order of',
    'sample_submission.csv: every well of it once, no other, classes in range. A CSV in',
    '"submission.from" is only checked. The first row that the competition would refuse is named.',
  ].join('\n'),
  examples: [
    'phenoprint submit -y configs/rxrx1/submit.yml',
    'phenoprint submit -y configs/rxrx1/submit.yml --set submission.from=mine.csv',
  ],
})
