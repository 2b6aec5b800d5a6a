import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readSafetensors, type Tensor, writeSafetensors } from '@phenoprint/torch'
import { configSchema, type Section } from '../config/config.js'
import { oraclesPython } from '../testing/python.js'

const root = new URL('../../../../', import.meta.url)

/** A file below fixtures/efficientnet. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/efficientnet/${name}`, root))
}

/** The model section of a configuration, with defaults where nothing is said. */
export function modelSection(model: Partial<Section<'model'>> = {}): Section<'model'> {
  return configSchema.parse({ model }).model
}

/** One case of fixtures/efficientnet/reference.py; see `run_live` there. */
export interface ReferenceCase {
  readonly architecture: Section<'model'>['architecture']
  readonly activation: 'relu' | 'silu' | 'mish'
  readonly flavour: 'torch' | 'tensorflow'
  readonly channels: number
  readonly classes: number
  readonly dropConnect: number
  readonly dropout: number
  readonly precision: 'fp32' | 'bf16'
  readonly seed: number
  readonly threads: number
}

/** What PyTorch makes of the cases. */
export function askReference(
  cases: readonly ReferenceCase[],
  images: Tensor,
  labels: Tensor,
): Disposable & { results(index: number): ReadonlyMap<string, Tensor> } {
  const folder = mkdtempSync(join(tmpdir(), 'phenoprint-reference-'))
  const inputs = join(folder, 'inputs.safetensors')
  writeSafetensors(
    inputs,
    new Map([
      ['images', images],
      ['labels', labels],
    ]),
  )
  const output = (index: number) => join(folder, `${index}.safetensors`)
  const request = cases.map((of, index) => ({ ...of, images: inputs, output: output(index) }))
  writeFileSync(join(folder, 'request.json'), JSON.stringify(request))
  execFileSync(oraclesPython, ['-B', fixture('reference.py'), 'live', join(folder, 'request.json')])
  return {
    results: (index) => readSafetensors(output(index)).tensors,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}
