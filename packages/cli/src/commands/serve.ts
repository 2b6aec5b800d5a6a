import type { Command } from '../command.js'

export const serve: Command = {
  name: 'serve',
  aliases: [],
  summary: 'show runs and stores in the browser, live',
  details: [
    'Serves pages over all runs and stores below DIR, until Ctrl-C: curves of a training as they grow,',
    'plates, wells and sites, the pixels of every channel, and which wells were called what. It reads',
    'and never writes, shows nothing outside of DIR, and answers only this machine. With --host it',
    'answers others too, and wants a token, which stands in the address that it prints.',
  ].join('\n'),
  takesFile: false,
  operands: 'DIR',
  single: true,
  options: [
    {
      name: 'port',
      type: 'string',
      value: 'NUMBER',
      meaning: 'where it listens; without it, 4780; 0 for any that is free',
    },
    {
      name: 'host',
      type: 'string',
      value: 'ADDRESS',
      meaning: 'the address it listens on; without it, 127.0.0.1, which is this machine alone',
    },
  ],
  examples: ['phenoprint serve .', 'phenoprint serve . --host 0.0.0.0 --port 8080'],
  async run({ operands: [folder = ''], own }, reporter) {
    const { serve: start } = await import('@phenoprint/pages')
    const text = (name: string) => {
      const value = own.get(name)
      return typeof value === 'string' ? value : null
    }
    return await start({ folder, host: text('host'), port: text('port') }, reporter)
  },
}
