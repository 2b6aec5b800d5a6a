import { describe, expect, it } from 'vitest'
import { Kept } from '../testing/streams.js'
import { CommandReporter } from './command-reporter.js'
import { Output } from './output.js'

interface Setting {
  readonly json?: boolean
  readonly quiet?: boolean
  readonly terminal?: boolean
  readonly columns?: number
}

/** A reporter whose streams and clock are in the test's hands. */
function reporterWith({
  json = false,
  quiet = false,
  terminal = false,
  columns = 80,
}: Setting = {}) {
  const stdout = new Kept(terminal)
  const stderr = new Kept(terminal, columns)
  const clock = { milliseconds: 0 }
  const reporter = new CommandReporter({
    json,
    quiet,
    stdout: new Output(stdout),
    stderr: new Output(stderr),
    signal: new AbortController().signal,
    now: () => clock.milliseconds,
  })
  return { reporter, stdout, stderr, clock }
}

/** Counts to `total`, ten a second. */
function count({ reporter, clock }: ReturnType<typeof reporterWith>, total: number) {
  const progress = reporter.progress('reading', total, 'sites')
  for (let step = 0; step < total; step++) {
    clock.milliseconds += 100
    progress.advance(1)
  }
  return progress
}

const result = { status: 'done', figures: { accuracy: 0.5 }, files: ['a.json'] } as const

describe('with --json', () => {
  it('writes JSON Lines alone to standard output, the result last, and words elsewhere', () => {
    const { reporter, stdout, stderr } = reporterWith({ json: true })
    reporter.say('words')
    reporter.event({ type: 'epoch', epoch: 1 })
    reporter.result('train', result)
    expect(
      stdout.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { type: 'epoch', epoch: 1 },
      { type: 'result', verb: 'train', ...result },
    ])
    expect(stderr.text).toBe('words\n')
  })

  it('tells of progress at most once a second', () => {
    const setting = reporterWith({ json: true })
    count(setting, 50).done()
    const lines = setting.stdout.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.length).toBeGreaterThanOrEqual(4)
    expect(lines.length).toBeLessThanOrEqual(5)
    expect(lines.at(-1)).toMatchObject({ type: 'progress', label: 'reading', total: 50 })
  })

  it('and --quiet has the result alone', () => {
    const { reporter, stdout, stderr } = reporterWith({ json: true, quiet: true })
    reporter.say('words')
    reporter.event({ type: 'epoch' })
    reporter.result('train', result)
    expect(stdout.text.trimEnd().split('\n')).toHaveLength(1)
    expect(stderr.text).toBe('')
  })

  it('ends in an error line for programs and words for people', () => {
    const { reporter, stdout, stderr } = reporterWith({ json: true })
    reporter.error('phenoprint: broken', 3)
    expect(JSON.parse(stdout.text)).toEqual({
      type: 'error',
      message: 'phenoprint: broken',
      exitCode: 3,
    })
    expect(stderr.text).toBe('phenoprint: broken\n')
  })
})

describe('without --json', () => {
  it('writes words and the result to standard output', () => {
    const { reporter, stdout, stderr, clock } = reporterWith()
    reporter.say('words')
    reporter.event({ type: 'epoch' })
    clock.milliseconds = 65_000
    reporter.result('train', result)
    expect(stdout.text).toBe('words\nfiles:\n  a.json\ntrain: done in 1 min 05 s\n')
    expect(stderr.text).toBe('')
  })

  it('and with --quiet shows the figures, which nobody heard', () => {
    const { reporter, stdout } = reporterWith({ quiet: true })
    reporter.say('words')
    reporter.result('train', result)
    expect(stdout.text).toBe('accuracy  0.5000\nfiles:\n  a.json\ntrain: done in 0 s\n')
  })

  it('names the first and the last of many files', () => {
    const { reporter, stdout } = reporterWith()
    const files = Array.from({ length: 70 }, (_, index) => `plate-${index}.ozx`)
    reporter.result('preprocess', { status: 'done', figures: {}, files })
    expect(stdout.text).toContain('  plate-5.ozx\n  … and 58 more\n  plate-64.ozx\n')
    expect(stdout.text).toContain('  plate-69.ozx\npreprocess: done')
  })

  it('says when it was done already', () => {
    const { reporter, stdout } = reporterWith({ quiet: true })
    reporter.result('infer', { status: 'already done', figures: {}, files: [] })
    expect(stdout.text).toBe('infer: was done already\n')
  })
})

describe('progress', () => {
  it('is not shown for what takes less than two seconds', () => {
    for (const terminal of [true, false]) {
      const setting = reporterWith({ terminal })
      count(setting, 15).done()
      expect(setting.stderr.text + setting.stdout.text).toBe('')
    }
  })

  it('is a bar with rate and time left on a terminal, and a line at the end', () => {
    const setting = reporterWith({ terminal: true })
    const progress = setting.reporter.progress('reading', 100, 'sites')
    for (let step = 0; step < 40; step++) {
      setting.clock.milliseconds += 100
      progress.advance(1)
    }
    expect(setting.stderr.shown).toBe(
      'reading ████████████░░░░░░░░░░░░░░░░░░ 40 of 100 sites · 10/s · 6 s left',
    )
    setting.reporter.say('words')
    expect(setting.stderr.shown).toBe('')
    expect(setting.stdout.text).toBe('words\n')
    progress.done()
    expect(setting.stderr.shown).toBe('reading: 40 sites in 4 s (10/s)\n')
  })

  it('is a plain line every few seconds elsewhere, and no control characters', () => {
    const setting = reporterWith()
    count(setting, 200).done()
    expect(setting.stderr.text.split('\n')).toEqual([
      'reading: 20 of 200 sites (10 %), 10/s, 18 s left',
      'reading: 70 of 200 sites (35 %), 10/s, 13 s left',
      'reading: 120 of 200 sites (60 %), 10/s, 8 s left',
      'reading: 170 of 200 sites (85 %), 10/s, 3 s left',
      'reading: 200 sites in 20 s (10/s)',
      '',
    ])
  })

  it('never runs over the width of the terminal', () => {
    const setting = reporterWith({ terminal: true })
    const progress = setting.reporter.progress('x'.repeat(90), 100, 'sites')
    setting.clock.milliseconds = 3000
    progress.advance(1, 'a note')
    expect(setting.stderr.shown.length).toBeLessThan(80)
  })

  it('takes 80 columns for a terminal that does not know its width', () => {
    const setting = reporterWith({ terminal: true, columns: 0 })
    const progress = setting.reporter.progress('reading', 10, 'sites')
    setting.clock.milliseconds = 4000
    progress.advance(5)
    expect(setting.stderr.shown).toContain('5 of 10 sites')
  })

  it('shows the innermost counter, then the outer one again', () => {
    const setting = reporterWith({ terminal: true })
    const outer = setting.reporter.progress('epochs', 3, 'epochs')
    const inner = count(setting, 30)
    expect(setting.stderr.shown).toMatch(/^reading/)
    inner.done()
    setting.clock.milliseconds += 1000
    outer.advance(1)
    expect(setting.stderr.shown).toMatch(/\nepochs .* 1 of 3 epochs/)
    outer.done()
  })
})
