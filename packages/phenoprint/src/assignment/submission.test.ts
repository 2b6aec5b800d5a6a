import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { PhenoprintError, PredictionError, ScreenError } from '../errors.js'
import { listeningReporter } from '../prediction/predictions.test.support.js'
import { silentReporter } from '../run/reporter.js'
import { RunDirectory } from '../run/run-directory.js'
import { competition, dataFolder } from '../screen/tables.test.support.js'
import { folderOf, temporaryFolder } from '../testing/folder.js'
import { checkSubmission, readSubmissionForm, submissionText } from './submission.js'
import { submit } from './submit.js'

const codes = ['E-01_1_B02', 'E-01_1_B03', 'E-01_1_B04']
const sample = `id_code,sirna\n${codes.map((code) => `${code},7\n`).join('')}`

/** What checking a CSV says. */
async function verdict(text: string, form = sample): Promise<string> {
  const folder = folderOf({ 'sample.csv': form, 'mine.csv': text })
  try {
    const wells = await checkSubmission(
      join(folder, 'mine.csv'),
      await readSubmissionForm(join(folder, 'sample.csv')),
      12,
    )
    return `${wells} wells`
  } catch (error) {
    if (error instanceof ScreenError) return error.message.replaceAll(`${folder}/`, '')
    throw error
  }
}

describe('a submission', () => {
  it('is accepted with every well once and classes in range, in any order', async () => {
    expect(await verdict(sample)).toBe('3 wells')
    const turned = `id_code,sirna\n${codes[2]},0\n${codes[0]},11\n${codes[1]},5\n`
    expect(await verdict(turned)).toBe('3 wells')
    const words = sample.replaceAll(',7', ',sirna_7')
    expect(await verdict(words, words)).toBe('3 wells')
  })

  it.each([
    [
      'a well that is missing',
      sample.replace(`${codes[1]},7\n`, ''),
      'mine.csv: got 2 wells, expected the 3 of sample.csv: E-01_1_B03 (its line 3) is missing.',
    ],
    [
      'a well too many',
      `${sample}E-01_1_B09,1\n`,
      'mine.csv:5: column "id_code": got "E-01_1_B09", expected a well of sample.csv',
    ],
    [
      'a well twice',
      `${sample}${codes[0]},1\n`,
      'mine.csv:5: column "id_code": got "E-01_1_B02", expected each well once (it stands in line 2 too)',
    ],
    [
      'a class beyond the treatments',
      sample.replace('B03,7', 'B03,12'),
      'mine.csv:3: column "sirna": got "12", expected a class from 0 to 11 for well E-01_1_B03',
    ],
    ['a negative class', sample.replace('B03,7', 'B03,-1'), 'mine.csv:3: column "sirna": got "-1"'],
    [
      'a class that is no whole number',
      sample.replace('B04,7', 'B04,7.0'),
      'mine.csv:4: column "sirna": got "7.0"',
    ],
    ['no class', sample.replace('B02,7', 'B02,'), 'mine.csv:2: column "sirna": got ""'],
    [
      'other columns',
      sample.replace('sirna', 'label'),
      'mine.csv:1: got the columns id_code, label, expected id_code, sirna',
    ],
    [
      'more columns',
      sample.replaceAll(',', ',x,'),
      'mine.csv:1: got the columns id_code, x, sirna, expected id_code, sirna as in sample.csv',
    ],
    [
      'another way to write classes',
      sample.replaceAll(',7', ',sirna_7'),
      'mine.csv:2: column "sirna": got "sirna_7"',
    ],
  ])('is refused for %s', async (_, text, message) => {
    expect(await verdict(text)).toContain(message)
  })
})

/** A finished run of assign, of which there are only the calls. */
function runOf(calls: string): string {
  const folder = temporaryFolder()
  using run = RunDirectory.open(folder, { verb: 'assign', config: configSchema.parse({}) })
  writeFileSync(run.path('calls.csv'), calls)
  run.finish({ status: 'done', figures: {}, files: [] })
  return folder
}

const screenOf = (folder: string) => ({ reader: 'rxrx1', name: 'small', folder })

describe('submit', () => {
  const tables = { ...competition, 'sample_submission.csv': 'id_code,sirna\nHEPG2-02_1_D04,911\n' }

  const configOf = (folder: string, from: string) =>
    configSchema.parse({
      output: join(folder, 'submission'),
      screen: screenOf(folder),
      submission: { from },
    })

  it('writes the calls of the wells that the sample asks for, checked', async () => {
    const folder = folderOf(tables)
    const run = runOf('split,code,call\nvalidation,RPE-01_1_B03,1\ntest,HEPG2-02_1_D04,2\n')
    const config = configOf(folder, run)
    const result = await submit(config, silentReporter)
    const path = join(folder, 'submission/submission.csv')
    expect(result).toMatchObject({ figures: { wells: 1 }, files: [path] })
    expect(readFileSync(path, 'utf8')).toBe('id_code,sirna\nHEPG2-02_1_D04,2\n')
    expect((await submit(config, silentReporter)).status).toBe('already done')
  })

  it('refuses calls that lack a well, or name a control', async () => {
    const folder = folderOf(tables)
    const failure = async (calls: string): Promise<unknown> =>
      submit(configOf(folder, runOf(calls)), silentReporter).catch((error: unknown) => error)
    const lacking = await failure('split,code,call\ntest,HEPG2-02_1_D05,2\n')
    expect(lacking).toBeInstanceOf(PredictionError)
    expect(lacking).toMatchObject({
      message: expect.stringContaining('no call for well HEPG2-02_1_D04'),
    })
    const control = await failure('split,code,call\ntest,HEPG2-02_1_D04,3\n')
    expect(control).toBeInstanceOf(PhenoprintError)
    expect(control).toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('got "3", expected a class from 0 to 2'),
    })
  })

  it('checks a CSV that was made elsewhere', async () => {
    const folder = folderOf({ ...tables, 'mine.csv': 'id_code,sirna\nHEPG2-02_1_D04,1\n' })
    const { reporter, lines } = listeningReporter()
    const result = await submit(configOf(folder, join(folder, 'mine.csv')), reporter)
    expect(result).toEqual({ status: 'done', figures: { wells: 1 }, files: [] })
    expect(lines.join()).toContain('mine.csv is a submission: 1 well')
    expect(existsSync(join(folder, 'submission'))).toBe(false)
  })
})

const rxrx1 = join(dataFolder, 'rxrx1')
const there = existsSync(join(rxrx1, 'sample_submission.csv'))

describe.skipIf(!there)(
  there ? 'RxRx1' : `RxRx1 (skipped: no ${rxrx1}; name its parent with PHENOPRINT_DATA)`,
  () => {
    it('accepts a submission made for the test table, and names the row of a broken one', async () => {
      const folder = temporaryFolder()
      const codes = readFileSync(join(rxrx1, 'test.csv'), 'utf8')
        .trim()
        .split(/\r?\n/)
        .slice(1)
        .map((line) => line.split(',')[0] ?? '')
      const run = runOf(
        `split,code,call\n${codes.map((code, i) => `test,${code},${i % 1108}\n`).join('')}`,
      )
      const config = configSchema.parse({
        output: join(folder, 'submission'),
        screen: screenOf(rxrx1),
        submission: { from: run },
      })
      expect((await submit(config, silentReporter)).figures).toEqual({ wells: 19_897 })
      const text = readFileSync(join(folder, 'submission/submission.csv'), 'utf8')
      const broken = join(folder, 'broken.csv')
      writeFileSync(broken, text.replace('HEPG2-08_1_B05,2\n', 'HEPG2-08_1_B05,1108\n'))
      const form = await readSubmissionForm(join(rxrx1, 'sample_submission.csv'))
      await expect(checkSubmission(broken, form, 1108)).rejects.toThrow(
        'broken.csv:4: column "sirna": got "1108", expected a class from 0 to 1107',
      )
      expect(submissionText(form, new Map(form.codes.map((code) => [code, 911])))).toBe(
        readFileSync(join(rxrx1, 'sample_submission.csv'), 'utf8').replaceAll('\r\n', '\n'),
      )
    })
  },
)
