import { describe, expect, it } from 'vitest'
import { commands } from './commands/index.js'
import { commandHelp, overview } from './help.js'
import { optionsOf } from './options.js'
import { tryWrittenCommand } from './written-command.test.support.js'

describe('help', () => {
  it.each(commands.map((command) => [command.name, command] as const))(
    'of %s shows every option, and an example that works',
    (name, command) => {
      const text = commandHelp(command)
      for (const option of optionsOf(command)) expect(text).toContain(`--${option.name}`)
      for (const example of command.examples) {
        expect(text.replaceAll(/ \\\n +/g, ' ')).toContain(example)
        expect(example).toMatch(new RegExp(`^phenoprint ${name}( |$)`))
        expect(() => tryWrittenCommand(example)).not.toThrow()
      }
    },
  )

  it('says where to start, with commands that work', () => {
    const lines = overview(commands).matchAll(/^ {2}(phenoprint .*?) {2,}/gm)
    const starts = [...lines].map(([, line = '']) => line)
    expect(starts).toContain('phenoprint run -y configs/demo/all.yml')
    for (const line of starts) expect(() => tryWrittenCommand(line)).not.toThrow()
  })

  it('names every command and its other names, within 100 columns', () => {
    const text = overview(commands)
    for (const { name, aliases } of commands) {
      for (const each of [name, ...aliases]) expect(text).toContain(each)
    }
    const all = [text, ...commands.map(commandHelp)].join('\n').split('\n')
    expect(all.filter((line) => line.length > 100)).toEqual([])
  })
})
