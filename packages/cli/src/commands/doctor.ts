import type { Command } from '../command.js'

export const doctor: Command = {
  name: 'doctor',
  aliases: [],
  summary: 'say what this machine has, what is missing and how to get it',
  details: [
    'Loads the engine in a process of its own and adds two tensors; looks at processor, memory, disk,',
    'and the optional data. Ends with exit code 4 when the engine does not work.',
  ].join('\n'),
  takesFile: false,
  operands: null,
  examples: ['phenoprint doctor', 'phenoprint doctor --json'],
  async run(_request, reporter) {
    const { examine } = await import('../doctor/examine.js')
    return await examine(reporter)
  },
}
