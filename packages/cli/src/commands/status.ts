import type { Command } from '../command.js'

export const status: Command = {
  name: 'status',
  aliases: [],
  summary: 'show how far a pipeline on a Slurm cluster is',
  details: [
    'Takes the folder from which phenoprint run --slurm submitted (cluster.folder, by default slurm).',
    'Shows each job after those it waits for, with its state in Slurm, its progress and the time left',
    'from its run directory; of a failed one the log, and its last error.',
  ].join('\n'),
  takesFile: false,
  operands: 'FOLDER',
  single: true,
  examples: ['phenoprint status slurm', 'phenoprint status slurm --json'],
  async run({ operands: [folder = ''] }, reporter) {
    const library = await import('@phenoprint/phenoprint/commands')
    return await library.status(folder, reporter)
  },
}
