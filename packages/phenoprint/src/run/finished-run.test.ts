import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { EarlierRunError } from '../errors.js'
import { temporaryFolder } from '../testing/folder.js'
import { finishedBefore, finishedRun } from './finished-run.js'
import { codeVersion } from './provenance.js'
import { RunDirectory } from './run-directory.js'

const config = configSchema.parse({ seed: 9 })

/** A folder with a run of train. */
function trained(finish = true): string {
  const folder = temporaryFolder()
  using run = RunDirectory.open(folder, { verb: 'train', config })
  run.record({ data: 'abc' })
  if (finish) run.finish({ status: 'done', figures: { loss: 1 }, files: [] })
  return folder
}

function read(folder: string) {
  return finishedRun(folder, 'fineTune.from', ['train'])
}

describe('a run that another verb builds on', () => {
  it('tells what it was', () => {
    const folder = trained()
    expect(read(folder)).toEqual({ folder, verb: 'train', data: 'abc', config })
  })

  it('is refused where there is none, of another verb, or not finished', () => {
    const folder = temporaryFolder()
    expect(() => read(folder)).toThrow(EarlierRunError)
    expect(() => read(folder)).toThrow(/^fineTune\.from: there is no run in .* of train\. Check/)
    expect(() => finishedRun(trained(), 'ensemble.members', ['infer', 'ensemble'])).toThrow(
      /^ensemble\.members: .* holds a run of train, expected one of infer or ensemble\./,
    )
    expect(() => read(trained(false))).toThrow(/is not finished \(no result\.json\)/)
  })

  it('is refused when nothing says what it was', () => {
    const folder = trained()
    rmSync(join(folder, 'provenance.json'))
    expect(() => read(folder)).toThrow(/provenance\.json is missing or cannot be read/)
  })

  it('is said to be of another version when its configuration is unknown here', () => {
    const folder = trained()
    writeFileSync(join(folder, 'config.yml'), 'seed: 9\nweightAveraging: 3\n')
    expect(() => read(folder)).toThrow(EarlierRunError)
    expect(() => read(folder)).toThrow(
      `that this version (${codeVersion()}) cannot use; it was made with version ${codeVersion()}: config: ${folder}/config.yml:2:1: unknown key "weightAveraging".`,
    )
    expect(() => read(folder)).toThrow(/Run phenoprint train again in another folder/)
  })
})

it('gives back what a finished run gave, and nothing of an unfinished one', () => {
  const purpose = { verb: 'train', config } as const
  expect(finishedBefore(trained(), purpose)).toMatchObject({
    status: 'already done',
    figures: { loss: 1 },
  })
  expect(finishedBefore(trained(false), purpose)).toBeNull()
})
