import { createInterface } from 'node:readline'
import type { Command } from '../command.js'

export const init: Command = {
  name: 'init',
  aliases: [],
  summary: 'look at a folder of images and write the configurations of all stages',
  details: [
    'Looks at the images of FOLDER and any CSV in it, says what it understood (plates, wells, sites,',
    'channels, sizes, what is missing), and writes commented YAML files that the other commands take as',
    'they are. It knows RxRx1, ImageXpress, Opera Phenix and Operetta, LoadData tables of CellProfiler,',
    'and OME-Zarr plates; of other folders it infers from what varies in the names which word is what.',
    'It asks which column is the label where there are several, and nothing else.',
  ].join('\n'),
  takesFile: false,
  operands: 'FOLDER',
  single: true,
  options: [
    {
      name: 'output',
      short: 'o',
      type: 'string',
      value: 'DIR',
      meaning: 'where the files go; without it, configs/<name of the folder>',
    },
    {
      name: 'label',
      type: 'string',
      value: 'COLUMN',
      meaning: 'the column of the label; without it, it asks where there are several',
    },
    { name: 'yes', type: 'boolean', meaning: 'ask nothing: take the likeliest label' },
  ],
  examples: [
    'phenoprint init data/my-screen',
    'phenoprint init data/my-screen --yes --label compound -o configs/first',
  ],
  async run({ operands: [folder = ''], own }, reporter) {
    const library = await import('@phenoprint/phenoprint/init')
    const text = (name: string) => {
      const value = own.get(name)
      return typeof value === 'string' ? value : null
    }
    const ask = async (columns: readonly string[]) =>
      own.has('yes') ? (columns[0] ?? null) : await askLabel(columns, reporter.signal)
    const request = { folder, output: text('output'), label: text('label'), ask }
    return await library.init(request, reporter)
  },
}

/** Asks on the terminal; an empty answer (or the end of what is piped in) takes the first. */
async function askLabel(columns: readonly string[], signal: AbortSignal): Promise<string | null> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr, signal })
  const list = columns.map((name, index) => `  ${index + 1}  ${name}\n`).join('')
  terminal.setPrompt(`Which column is the label?\n${list}  0  none of them\nNumber or name [1]: `)
  // At a terminal Ctrl-C comes as a key: it is to end the command as it does everywhere.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  terminal.prompt()
  try {
    for await (const line of terminal) {
      const answer = line.trim() === '' ? '1' : line.trim()
      if (answer === '0') return null
      const column = columns.find((name, i) => name === answer || String(i + 1) === answer)
      if (column !== undefined) return column
      terminal.prompt()
    }
    signal.throwIfAborted()
    return columns[0] ?? null
  } finally {
    terminal.close()
  }
}
