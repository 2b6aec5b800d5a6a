import fs from 'node:fs'
import { join } from 'node:path'
import { libtorchLibrary } from './libtorch-check.mjs'

/**
 * The binding to a libtorch, as CMake builds it.
 *
 * @param {string} root of the checkout.
 * @param {import('./libtorch.mjs').Libtorch} libtorch
 * @param {boolean} gloo whether its headers are here.
 * @returns {import('./native.mjs').NativePackage}
 */
export function torchPackage(root, libtorch, gloo) {
  return {
    folder: join(root, 'packages/torch'),
    addon: 'phenoprint_torch.node',
    definitions: {
      PHENOPRINT_LIBTORCH: libtorch.root,
      NODE_API_HEADERS: join(root, 'node_modules/node-api-headers/include'),
    },
    facts: {
      libtorch: libtorch.root,
      libtorchVersion: libtorch.version,
      libtorchBytes: String(fs.statSync(libtorchLibrary(libtorch.root)).size),
      ranks: gloo ? 'gloo' : 'none',
    },
  }
}
