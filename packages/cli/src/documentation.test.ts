import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadPlan } from '@phenoprint/phenoprint/commands'
import { afterAll, describe, expect, it } from 'vitest'
import { commands as commandList } from './commands/index.js'
import { root, tryWrittenCommand } from './written-command.test.support.js'

const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs/guide'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/guide/${name}`),
]

/** Texts of a page's fenced blocks of one language. */
function blocks(page: string, language: string): string[] {
  const text = readFileSync(join(root, page), 'utf8')
  const found = text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)
  return [...found].flatMap(([, kind, body = '']) => (kind === language ? [body] : []))
}

/** Command lines that a page shows in blocks of their own, without the remarks behind them. */
function commandLines(page: string): string[] {
  const lines = blocks(page, '').flatMap((block) => block.split('\n'))
  return lines.map((line) => line.replace(/\s+#.*$/, '')).filter((line) => line !== '')
}

/** A copy of the configurations, with one more that the README's own lines have made. */
const folder = mkdtempSync(join(tmpdir(), 'phenoprint-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
cpSync(join(root, 'configs'), join(folder, 'configs'), { recursive: true })
const making = commandLines('README.md').filter((line) => /^(cp|sed) /.test(line))
execFileSync('bash', ['-ec', making.join('\n')], { cwd: folder })

const commands = pages.flatMap((page) =>
  commandLines(page)
    .filter((line) => /^(npx )?phenoprint /.test(line))
    .map((line): [string, string] => [page, line]),
)

describe('the pages', () => {
  it('show commands of every verb', () => {
    const verbs = new Set(commands.map(([, line]) => line.replace(/^npx /, '').split(' ')[1]))
    const names = commandList.map(({ name }) => name)
    expect(names.filter((name) => !verbs.has(name))).toEqual([])
  })

  it.each(commands)('%s: %s', (_, line) => {
    expect(() => tryWrittenCommand(line, folder)).not.toThrow()
  })

  it.each([
    'train',
    'fine-tune',
    'infer',
    'ensemble',
    'assign',
    'submit',
    'explain',
    'evaluate',
    'choose',
    'embed',
    'pseudo-label',
    'run',
  ])('show the file of the first %s as it is', (verb) => {
    const page = `docs/guide/${verb}.md`
    const [, file = ''] = / -y (\S+)/.exec(commandLines(page)[0] ?? '') ?? []
    expect(blocks(page, 'yaml')[0]).toBe(readFileSync(join(root, file), 'utf8'))
  })
})

it('a copy of a configuration, made as the README says, has no place in common with it', () => {
  const { stages } = loadPlan(join(folder, 'configs/my-screen/all.yml'))
  const places = stages.flatMap(({ config }) => [
    config.store?.path,
    config.output,
    config.prediction?.from,
    config.fineTune?.from,
    ...Object.values(config.ensemble?.members ?? {}).flatMap((list) => list.map(({ run }) => run)),
  ])
  expect(places.join(' ')).toContain('runs/my-screen/infer-fine-tuned')
  expect(places.filter((place) => place?.includes('mitocheck'))).toEqual([])
})
