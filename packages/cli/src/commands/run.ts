import { fileURLToPath } from 'node:url'
import { UsageError } from '@phenoprint/phenoprint/basics'
import type { Command } from '../command.js'

export const run: Command = {
  name: 'run',
  aliases: [],
  summary: 'run several stages in order, each from its own file',
  details: [
    'Runs the "stages" of the file one after the other. Those that are finished are skipped; the',
    'first that fails stops the run. --set changes every stage that has the section. With --slurm the',
    'stages become jobs of a cluster, each after those it needs; "cluster" says what they ask for.',
  ].join('\n'),
  takesFile: true,
  operands: null,
  options: [
    { name: 'slurm', type: 'boolean', meaning: 'submit the stages to Slurm, and return' },
    {
      name: 'dry-run',
      type: 'boolean',
      meaning: 'with --slurm: print the scripts, submit nothing',
    },
  ],
  examples: [
    'phenoprint run -y configs/mitocheck/all.yml',
    'phenoprint run -y configs/mitocheck/all.yml --set training.epochs=2',
    'phenoprint run -y configs/mitocheck/all.yml --slurm --dry-run',
  ],
  async run({ file, set, own }, reporter) {
    if (own.has('dry-run') && !own.has('slurm')) {
      throw new UsageError('run: --dry-run goes with --slurm. Add it, or leave --dry-run out.')
    }
    const library = await import('@phenoprint/phenoprint/commands')
    const plan = library.loadPlan(file ?? '', { set })
    if (!own.has('slurm')) return await library.run(plan, reporter)
    const program = [
      process.execPath,
      fileURLToPath(new URL('../../bin/phenoprint.js', import.meta.url)),
    ]
    return await library.submitToSlurm(plan, program, own.has('dry-run'), reporter)
  },
}
