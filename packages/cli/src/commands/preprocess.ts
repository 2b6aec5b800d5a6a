import { shardedCommand } from './library-command.js'

export const preprocess = shardedCommand('preprocess', {
  summary: 'read the images and their table into a store',
  details: [
    'Reads "screen" (tables and images) and "store" from the file. Writes one .ozx a plate (OME-Zarr,',
    'zipped) and the statistics that every normalisation needs, and reports what is missing or',
    'broken. Stopped and run again, it goes on with the plates that are not there yet.',
  ].join('\n'),
  examples: [
    'phenoprint preprocess -y configs/mitocheck/preprocess.yml',
    'phenoprint preprocess -y configs/rxrx1/preprocess.yml --set screen.onMissing.image=error',
  ],
})
