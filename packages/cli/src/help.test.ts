import { describe, expect, it } from 'vitest'
import { readArguments } from './arguments.js'
import { commands } from './commands/index.js'
import { commandHelp, overview } from './help.js'
import { optionsOf } from './options.js'

describe('help', () => {
  it.each(commands.map((command) => [command.name, command] as const))(
    'of %s shows every option, and an example that works',
    (name, command) => {
      const text = commandHelp(command)
      for (const option of optionsOf(command)) expect(text).toContain(`--${option.name}`)
      for (const example of command.examples) {
        expect(text).toContain(example)
        const words = example.split(' ').slice(1)
        expect(readArguments(words, commands)).toMatchObject({ kind: 'command', command: { name } })
      }
    },
  )

  it('names every command and its other names, within 100 columns', () => {
    const text = overview(commands)
    for (const { name, aliases } of commands) {
      for (const each of [name, ...aliases]) expect(text).toContain(each)
    }
    const all = [text, ...commands.map(commandHelp)].join('\n').split('\n')
    expect(all.filter((line) => line.length > 118)).toEqual([])
  })
})
