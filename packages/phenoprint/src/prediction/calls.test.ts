import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { expect, it } from 'vitest'
import { matrix } from '../evaluation/matrix.js'
import { temporaryFolder } from '../testing/folder.js'
import { CallsWriter } from './calls.js'
import { header, unitRow } from './predictions.test.support.js'

it('writes names with commas, ties by the lowest index, and no label of a control', () => {
  const folder = temporaryFolder()
  const path = join(folder, 'calls.csv')
  const rows = [
    unitRow(0, 1),
    unitRow(1, null),
    { ...unitRow(2, 3), role: 'negativeControl' as const },
  ]
  const logits = matrix(Float64Array.of(0, 2, 2, 5, 5, 5, 1, 0, 0.5), 3, 3)
  using calls = new CallsWriter(path)
  calls.add('test', header, { rows, logits })
  expect(readdirSync(folder)).not.toContain('calls.csv')
  calls.finish()
  const read: unknown = parse(readFileSync(path), { columns: true })
  expect(read).toMatchObject([
    {
      split: 'test',
      cellType: 'HUVEC',
      plate: '0',
      well: 'B00',
      call: '1',
      callName: 'some, many',
      runnerUp: '2',
      labelName: 'some, many',
      outcome: 'right',
    },
    {
      call: '0',
      probability: '0.333333',
      runnerUp: '1',
      runnerUpProbability: '0.333333',
      label: '',
      outcome: '',
    },
    { call: '0', runnerUp: '2', label: '', outcome: '' },
  ])
})

it('leaves nothing when it is not finished', () => {
  const folder = temporaryFolder()
  {
    using calls = new CallsWriter(join(folder, 'calls.csv'))
    calls.add('test', header, { rows: [], logits: matrix(new Float32Array(), 0, 3) })
  }
  expect(readdirSync(folder)).toEqual([])
})

it('manages without names, and with a single class', () => {
  const path = join(temporaryFolder(), 'calls.csv')
  using calls = new CallsWriter(path)
  const lone = { ...header, classes: 1, classNames: null }
  calls.add('test', lone, { rows: [unitRow(0, 0)], logits: matrix(Float32Array.of(3), 1, 1) })
  calls.finish()
  expect(readFileSync(path, 'utf8').split('\n')[1]).toBe(
    'test,HUVEC-00,0,B00,HUVEC,HUVEC-00/0/B00,id 0,0,,1.000000,,,,0,,right',
  )
})
