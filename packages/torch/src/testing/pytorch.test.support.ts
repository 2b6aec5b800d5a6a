import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readSafetensors, type Tensor, writeSafetensors } from '../index.js'

const python = fileURLToPath(new URL('../../../../scripts/test/oracles/python', import.meta.url))

/** Threads on both sides: sums are bit-identical only with as many. */
export const oracleThreads = 2

/**
 * Runs scripts of PyTorch, all in one process, for it takes long to start. In each, `d` holds the
 * given tensors by name, and what it puts in `out` comes back; the caller disposes of it.
 */
export function askPyTorch(
  scripts: readonly string[],
  inputs: ReadonlyMap<string, Tensor> = new Map(),
): Map<string, Tensor>[] {
  const folder = mkdtempSync(join(tmpdir(), 'phenoprint-torch-'))
  try {
    const given = join(folder, 'in.safetensors')
    writeSafetensors(given, inputs)
    writeFileSync(join(folder, 'scripts.json'), JSON.stringify(scripts))
    execFileSync(python, ['-c', runner, folder], { stdio: ['ignore', 'inherit', 'inherit'] })
    return scripts.map((_, index) => readSafetensors(join(folder, `${index}.safetensors`)).tensors)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const runner = `
import json, sys, torch
from safetensors.torch import load_file, save_file
torch.set_num_threads(${oracleThreads})
folder = sys.argv[1]
for index, script in enumerate(json.load(open(folder + '/scripts.json'))):
    space = {'torch': torch, 'nn': torch.nn, 'd': load_file(folder + '/in.safetensors')}
    exec(script, space)
    out = {k: v.detach().contiguous().clone() for k, v in space['out'].items()}
    save_file(out, f'{folder}/{index}.safetensors')`

/** Names of tensors that are not the same to the bit, with their greatest difference. */
export function differing(
  ours: ReadonlyMap<string, Tensor>,
  theirs: ReadonlyMap<string, Tensor>,
): string[] {
  return [...theirs].flatMap(([name, expected]) => {
    const got = ours.get(name)
    if (got === undefined) return [`${name} is missing`]
    const [a, b] = [got.toTypedArray(), expected.toTypedArray()]
    const bytes = (data: typeof a) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    if (bytes(a).equals(bytes(b)) && got.dtype === expected.dtype) return []
    const [x, y] = [got.toNumbers(), expected.toNumbers()]
    const most = x.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (y[i] ?? 0))), 0)
    return [`${name} differs by at most ${most}`]
  })
}
