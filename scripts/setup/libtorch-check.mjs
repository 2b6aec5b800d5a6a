import fs from 'node:fs'
import { basename, join } from 'node:path'
import { compareVersions } from './node-version.mjs'

/** The oldest libtorch whose operators and headers the binding is written for. */
export const oldestLibtorch = '2.4.0'

/**
 * The library that holds libtorch's operators.
 *
 * @param {string} root
 */
export function libtorchLibrary(root) {
  return join(root, 'lib', process.platform === 'darwin' ? 'libtorch_cpu.dylib' : 'libtorch_cpu.so')
}

/**
 * Looks at a libtorch without loading it.
 *
 * @param {string} root the folder with lib/ and include/.
 * @returns {{ version: string } | { fault: string }}
 */
export function checkLibtorch(root) {
  const library = libtorchLibrary(root)
  if (!fs.existsSync(library)) return { fault: `it has no lib/${basename(library)}` }
  const arch = elfArchitecture(library)
  if (arch !== undefined && arch !== process.arch)
    return { fault: `it is built for ${arch}, and this Node for ${process.arch}` }
  if (!fs.existsSync(join(root, 'include/ATen/core/dispatch/Dispatcher.h')))
    return { fault: 'its headers are missing (include/ATen)' }
  const version = headerVersion(root)
  if (version === undefined) return { fault: 'its headers do not tell their version' }
  if (compareVersions(version, oldestLibtorch) < 0)
    return { fault: `version ${version} is older than ${oldestLibtorch}` }
  return { version }
}

/**
 * @param {string} root
 * @returns {string | undefined}
 */
function headerVersion(root) {
  // The first is where 2.9 and newer define it, the second where older ones do.
  for (const path of [
    'include/torch/headeronly/version.h',
    'include/torch/csrc/api/include/torch/version.h',
  ]) {
    if (!fs.existsSync(join(root, path))) continue
    const text = fs.readFileSync(join(root, path), 'utf8')
    const numbers = ['MAJOR', 'MINOR', 'PATCH'].map(
      (part) => text.match(new RegExp(`#define TORCH_VERSION_${part} (\\d+)`))?.[1],
    )
    if (numbers.every((number) => number !== undefined)) return numbers.join('.')
  }
  return undefined
}

/**
 * The processor a shared library is for, from its ELF header (e_machine, System V ABI chapter 4).
 *
 * @param {string} path
 * @returns {string | undefined} as Node names it; undefined when the file is not ELF.
 */
function elfArchitecture(path) {
  const header = Buffer.alloc(20)
  const file = fs.openSync(path, 'r')
  fs.readSync(file, header, 0, header.length, 0)
  fs.closeSync(file)
  if (header.toString('latin1', 0, 4) !== '\x7fELF') return undefined
  const machine = header.readUInt16LE(18)
  return { 3: 'ia32', 62: 'x64', 183: 'arm64', 243: 'riscv64' }[machine] ?? `ELF machine ${machine}`
}
