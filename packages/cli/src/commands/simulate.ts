import { libraryCommand } from './library-command.js'

export const simulate = libraryCommand('simulate', {
  summary: 'make a synthetic screen to try things on',
  details: [
    'Renders cells, treatments and batch effects as PNG files and CSVs in the layout of RxRx1, into',
    '"simulation.folder". The same seed gives the same bytes.',
  ].join('\n'),
  examples: ['phenoprint simulate -y configs/demo/simulate.yml'],
})
