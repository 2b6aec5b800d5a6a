import type { Command } from '../command.js'

export const run: Command = {
  name: 'run',
  aliases: [],
  summary: 'run several stages in order, each from its own file',
  details: [
    'Runs the "stages" of the file one after the other. Those that are finished are skipped; the',
    'first that fails stops the run. --set changes every stage that has the section.',
  ].join('\n'),
  takesFile: true,
  operands: null,
  examples: [
    'phenoprint run -y configs/mitocheck/all.yml',
    'phenoprint run -y configs/mitocheck/all.yml --set training.epochs=2',
  ],
  async run({ file, set }, reporter) {
    const library = await import('@phenoprint/phenoprint/commands')
    return await library.run(library.loadPlan(file ?? '', { set }), reporter)
  },
}
