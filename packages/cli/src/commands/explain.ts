import { libraryCommand } from './library-command.js'

export const explain = libraryCommand('explain', {
  summary: 'which pixels and channels speak for a call',
  details: [
    'Takes the networks of the run "explain.from" and some units, and writes a PNG a site: its channels',
    "in the screen's colours, under them gradient x input and Grad-CAM for each. channels.csv says how",
    'much of a call lies in each channel.',
  ].join('\n'),
  examples: [
    'phenoprint explain -y configs/demo/explain.yml',
    'phenoprint explain -y configs/demo/explain.yml --set explain.class=label --set output=runs/demo/explain-labels',
  ],
})
