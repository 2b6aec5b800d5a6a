import fs from 'node:fs'
import { join } from 'node:path'
import { libtorchLibrary } from './libtorch-check.mjs'

/**
 * The binding to a libtorch, as CMake builds it.
 *
 * @param {string} root of the checkout.
 * @param {import('./libtorch.mjs').Libtorch} libtorch
 * @param {string | undefined} gloo the folder with its headers, where there is one.
 * @returns {import('./native.mjs').NativePackage}
 */
export function torchPackage(root, libtorch, gloo) {
  return {
    folder: join(root, 'packages/torch'),
    addon: 'phenoprint_torch.node',
    definitions: {
      PHENOPRINT_LIBTORCH: libtorch.root,
      NODE_API_HEADERS: join(root, 'node_modules/node-api-headers/include'),
      PHENOPRINT_GLOO: gloo ?? 'PHENOPRINT_GLOO-NOTFOUND',
    },
    facts: {
      libtorch: libtorch.root,
      libtorchVersion: libtorch.version,
      libtorchBytes: String(fs.statSync(libtorchLibrary(libtorch.root)).size),
      ranks: gloo === undefined ? 'none' : 'gloo',
    },
  }
}
