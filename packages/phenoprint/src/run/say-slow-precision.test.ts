import { engine } from '@phenoprint/torch'
import { afterEach, expect, it, vi } from 'vitest'
import type { Precision } from '../models/precision.js'
import { silentReporter } from './reporter.js'
import { saySlowPrecision } from './say-slow-precision.js'

afterEach(() => vi.restoreAllMocks())

it.each<[device: string, precision: Precision, takesBfloat16: boolean, lines: number]>([
  ['cpu', 'bf16', false, 1],
  ['cpu', 'bf16', true, 0],
  ['cpu', 'fp32', false, 0],
  ['cuda:0', 'bf16', false, 0],
])('on %s, with %s, where convolutions take bfloat16: %s, warnings: %i', (...example) => {
  const [device, precision, takesBfloat16, lines] = example
  vi.spyOn(engine, 'bfloat16Convolutions', 'get').mockReturnValue(takesBfloat16)
  const said: string[] = []
  const reporter = { ...silentReporter, say: (line: string) => said.push(line) }
  saySlowPrecision('train', 'training.precision', { device, precision }, reporter)
  expect(said).toHaveLength(lines)
  if (lines > 0) expect(said[0]).toMatch(/^train: warning: training\.precision: bf16 .* fp32\.$/)
})
