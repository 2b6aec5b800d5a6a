import type { Command } from '../command.js'

export const report: Command = {
  name: 'report',
  aliases: [],
  summary: 'write one page on finished runs that opens in any browser',
  details: [
    'Takes the folders of finished runs of train, fine-tune, infer, ensemble, assign, embed or explain;',
    'several are compared side by side. Writes report.html into the first: accuracy with intervals, the',
    'pairs of classes that are confused most with their wells beside controls, plate maps, calibration,',
    'members of ensembles, maps of embeddings and learning curves. The file is whole in itself and needs',
    'no network.',
  ].join('\n'),
  takesFile: false,
  operands: 'RUN',
  examples: [
    'phenoprint report runs/demo/assign',
    'phenoprint report runs/demo/assign runs/demo/ensemble runs/demo/infer runs/demo/train',
  ],
  async run({ operands }, reporter) {
    const { report: write } = await import('@phenoprint/phenoprint/reports')
    return await write(operands, reporter)
  },
}
