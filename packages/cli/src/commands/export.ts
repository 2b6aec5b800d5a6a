import { libraryCommand } from './library-command.js'

export const exportStore = libraryCommand('export', {
  summary: 'write a store as OME-Zarr directories, and back',
  details: [
    'Unpacks each .ozx of "store.path" into a folder of its own in "export.path", which any reader of',
    'OME-Zarr 0.5 opens. With export.form=archive it packs such folders again: the same bytes.',
    'Stopped and run again, it goes on with the plates that are not there yet.',
  ].join('\n'),
  examples: [
    'phenoprint export -y configs/mitocheck/preprocess.yml --set export.path=stores/mitocheck-zarr',
  ],
})
