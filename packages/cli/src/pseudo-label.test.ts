import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { screenWithModel } from '../../phenoprint/dist/pseudo-labels/screen-with-model.test.support.js'

const launcher = fileURLToPath(new URL('../bin/phenoprint.js', import.meta.url))

function phenoprint(words: readonly string[], cwd: string) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [launcher, ...words], {
    encoding: 'utf8',
    cwd,
  })
  return { stdout, stderr, code: status }
}

/** A folder with a screen, a run of infer, the training behind it, and a file for pseudo-label. */
function folderWithModel(): string {
  const folder = screenWithModel()
  writeFileSync(
    join(folder, 'pseudo-label.yml'),
    `output: labels
screen: { reader: rxrx1, name: synthetic, folder: . }
split: { validation: { HUVEC: [HUVEC-06], U2OS: [U2OS-04] } }
pseudoLabels: { from: [infer], rule: share, share: 0.25 }
`,
  )
  return folder
}

describe('phenoprint pseudo-label', () => {
  it('writes labels and says which files, once', () => {
    const folder = folderWithModel()
    const words = ['pseudo-label', '-y', 'pseudo-label.yml', '--json']
    const { stdout, code } = phenoprint(words, folder)
    expect(code).toBe(0)
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      type: 'result',
      figures: { round: 1, byCellType: { HUVEC: { units: 120 }, U2OS: { units: 60 } } },
      files: ['labels/pseudo-labels.csv', 'labels/pseudo-labels.json'],
    })
    expect(existsSync(join(folder, 'labels/pseudo-labels.csv'))).toBe(true)
    const again = phenoprint(['pseudo-label', '-y', 'pseudo-label.yml'], folder)
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('labels') })
  })

  it('ends with exit code 2 or 3 when it cannot', () => {
    const folder = folderWithModel()
    const run = (...changes: string[]) =>
      phenoprint(
        ['pseudo-label', '-y', 'pseudo-label.yml', ...changes.flatMap((set) => ['--set', set])],
        folder,
      )
    expect(run('pseudoLabels.share=2')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('pseudoLabels.share'),
    })
    expect(run('pseudoLabels.from=[nowhere]')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('pseudoLabels.from: there is no run in nowhere'),
    })
    expect(run('pseudoLabels.rule=threshold', 'pseudoLabels.threshold=2')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('Lower pseudoLabels.threshold'),
    })
    expect(existsSync(join(folder, 'labels'))).toBe(false)
  })

  it('explains itself', () => {
    const { stdout, code } = phenoprint(['pseudo-label', '--help'], '/tmp')
    expect(code).toBe(0)
    expect(stdout).toContain('phenoprint pseudo-label -y configs/demo/pseudo-label.yml')
  })
})
