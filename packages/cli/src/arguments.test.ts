import { UsageError } from '@phenoprint/phenoprint/basics'
import { describe, expect, it } from 'vitest'
import { readArguments } from './arguments.js'
import { commands } from './commands/index.js'

const read = (...words: string[]) => readArguments(words, commands)
const requested = (...words: string[]) => {
  const invocation = read(...words)
  if (invocation.kind !== 'command') throw new Error('expected a command')
  return { verb: invocation.command.name, ...invocation.request }
}

describe('readArguments', () => {
  it('reads the file and every --set, in order', () => {
    expect(requested('train', '-y', 'a.yml', '--set', 'a.b=c', '--set=d=e f')).toEqual({
      verb: 'train',
      file: 'a.yml',
      set: ['a.b=c', 'd=e f'],
      operands: [],
      own: new Map(),
    })
    expect(requested('train', '--config', 'a.yml', '--json', '-q').file).toBe('a.yml')
    expect(requested('--json', 'train', '-y', 'a.yml').verb).toBe('train')
  })

  it('answers to both names of a verb', () => {
    expect(requested('fine_tune', '-y', 'a.yml').verb).toBe('fine-tune')
    expect(requested('inference', '-y', 'a.yml').verb).toBe('infer')
  })

  it('knows what needs no file', () => {
    expect(requested('doctor')).toMatchObject({ verb: 'doctor', file: null, operands: [] })
    expect(requested('report', 'a', '--json', 'b').operands).toEqual(['a', 'b'])
    expect(read('train', '--help')).toMatchObject({ kind: 'help', command: { name: 'train' } })
    expect(read('help', 'train')).toMatchObject({ kind: 'help', command: { name: 'train' } })
    expect(read('--help')).toEqual({ kind: 'help', command: null })
    expect(read('help')).toEqual({ kind: 'help', command: null })
    expect(read('--version')).toEqual({ kind: 'version' })
  })

  it('reads the options of a verb that has some of its own', () => {
    const { operands, own } = requested('init', 'a folder', '--yes', '--label', 'gene', '-o', 'out')
    expect(operands).toEqual(['a folder'])
    expect([...own]).toEqual([
      ['output', 'out'],
      ['label', 'gene'],
      ['yes', true],
    ])
  })

  it.each([
    [['train', '--epochs', '5', '-y', 'a'], 'train: unknown option --epochs.'],
    [['train', '--training.epochs=5', '-y', 'a'], 'Did you mean --set training.epochs=…?'],
    [['train', 'a.yml'], 'train: cannot use "a.yml". Did you mean -y a.yml?'],
    [['train', '-y', 'a.yml', 'b.yml'], 'train: cannot use "b.yml". Did you mean -y b.yml?'],
    [['train', '-y', 'a.yml', 'seed=3'], 'Did you mean --set seed=3?'],
    [['train', '-y'], 'train: -y needs a value: -y FILE.'],
    [['train', '-y', 'a', '--set'], '--set needs a value: --set KEY=VALUE'],
    [['train', '-y', 'a', '--json=yes'], '--json takes no value, got "yes"'],
    [['doctor', '-y', 'a'], 'doctor: unknown option -y.'],
    [['doctor', 'now'], 'doctor: cannot use "now".'],
    [['report'], 'report: no RUN. Give one or more, such as: phenoprint report runs/demo/assign'],
    [['report', 'runs/a', '--set', 'a=b'], 'report: unknown option --set.'],
    [['init'], 'init: no FOLDER. Give one, such as: phenoprint init data/my-screen'],
    [['init', 'a', 'b'], 'init: cannot use "b".'],
    [['init', 'a', '--output'], 'init: --output needs a value: --output DIR.'],
    [['init', 'a', '--lable', 'x'], 'init: unknown option --lable. Did you mean --label?'],
    [['train', '--yes', '-y', 'a'], 'train: unknown option --yes.'],
    [['infre', '-y', 'a'], 'Did you mean infer? Commands: init, preprocess, '],
  ])('refuses %j', (words, message) => {
    expect(() => read(...words)).toThrow(UsageError)
    expect(() => read(...words)).toThrow(message)
  })
})
