import { libraryCommand } from './library-command.js'

export const audit = libraryCommand('audit', {
  summary: 'hold tables, images, store and split against each other',
  details: [
    'Reads "screen", "store" and, where there is one, "split". Reads every pixel of the store and tells',
    'what is missing, extra, corrupt, duplicate, constant, saturated, out of focus or unlike its plate,',
    'plates whose controls differ, and labels that leak between splits. Writes audit.json into the',
    "store's folder. Exits with 3 when a finding is an error.",
  ].join('\n'),
  examples: [
    'phenoprint audit -y configs/rxrx1/preprocess.yml',
    'phenoprint audit -y configs/rxrx1/preprocess.yml --json',
  ],
})
