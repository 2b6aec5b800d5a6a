import fs from 'node:fs'
import { join } from 'node:path'
import { write } from './temporary.mjs'

/**
 * The files by which a libtorch is recognised, as large as they need to be.
 *
 * @param {string} version
 * @returns {Record<string, string>} by path below the root.
 */
export function libtorchFiles(version) {
  const [major, minor, patch] = version.split('.')
  return {
    'include/ATen/core/dispatch/Dispatcher.h': '',
    'include/torch/headeronly/version.h': `#define TORCH_VERSION_MAJOR ${major}\n#define TORCH_VERSION_MINOR ${minor}\n#define TORCH_VERSION_PATCH ${patch}\n`,
  }
}

/**
 * A folder that is recognised as a libtorch for this processor.
 *
 * @param {string} root
 * @param {string} [version]
 */
export function writeLibtorch(root, version = '2.13.0') {
  for (const [path, text] of Object.entries(libtorchFiles(version))) write(join(root, path), text)
  write(join(root, 'lib/libtorch_cpu.so'), elfHeader())
  return root
}

/** The header of this Node's own program: ELF, for this processor. */
export function elfHeader() {
  const header = Buffer.alloc(64)
  const file = fs.openSync(process.execPath, 'r')
  fs.readSync(file, header)
  fs.closeSync(file)
  return header
}
