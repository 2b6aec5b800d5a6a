import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { root } from '../../scripts/setup/paths.mjs'

/** Extensions of the processor that decide how fast a network runs. */
const telling = ['avx2', 'avx512f', 'avx512_bf16', 'amx_bf16', 'asimd', 'sve', 'bf16']

/**
 * The machine that a result was made on.
 *
 * @returns {{ cpu: string, cores: number, memoryGiB: number, system: string, extensions: string[] }}
 */
export function machineFacts() {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    extensions: cpuFlags().filter((flag) => telling.includes(flag)),
  }
}

function cpuFlags() {
  if (!fs.existsSync('/proc/cpuinfo')) return []
  return (
    fs
      .readFileSync('/proc/cpuinfo', 'utf8')
      .match(/^(?:flags|Features)\s*:\s*(.*)$/m)?.[1]
      .split(' ') ?? []
  )
}

/**
 * What a result was made with on our side.
 *
 * @returns {Record<string, string>} phenoprint, node, libtorch.
 */
export function ownVersions() {
  const { version } = JSON.parse(
    fs.readFileSync(join(root, 'packages/phenoprint/package.json'), 'utf8'),
  )
  const engine = join(root, 'packages/torch/build/current.json')
  /** @type {Record<string, string>} */
  const versions = { phenoprint: version, node: process.versions.node }
  if (fs.existsSync(engine))
    versions.libtorch = JSON.parse(fs.readFileSync(engine, 'utf8')).libtorchVersion
  return versions
}
