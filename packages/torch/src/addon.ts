import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { totalmem } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Addon } from './addon-interface.js'
import { TorchError } from './errors.js'

/** Where the built addon and its libtorch are: what set-up wrote into build/current.json. */
export interface BuiltAddon {
  readonly addon: string
  readonly libtorch: string
}

let loaded: Addon | undefined
let tensorClass: unknown

/** Says what native results are instances of; the module of Tensor does, and nothing is loaded yet. */
export function provideTensor(made: unknown): void {
  tensorClass = made
  loaded?.installTensor(made)
}

/**
 * The addon, loaded at the first call: libtorch costs some 0.3 s, and `--help` must not pay it.
 *
 * @throws {TorchError} of kind `engine` when set-up has not run, or its build cannot be loaded.
 */
export function native(): Addon {
  loaded ??= load()
  return loaded
}

/**
 * The build in the package's own folder, or in the one that `PHENOPRINT_TORCH_BUILD` names.
 *
 * @throws {TorchError} of kind `engine` when set-up has not run.
 */
export function builtAddon(): BuiltAddon {
  const own = fileURLToPath(new URL('../build', import.meta.url))
  const file = join(process.env.PHENOPRINT_TORCH_BUILD || own, 'current.json')
  try {
    const current: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (isBuilt(current))
      return { addon: resolve(dirname(file), current.addon), libtorch: current.libtorch }
  } catch (cause) {
    throw notReady(`${file} cannot be read`, cause)
  }
  throw notReady(`${file} does not say where the addon and libtorch are`, undefined)
}

function isBuilt(value: unknown): value is BuiltAddon {
  return (
    typeof value === 'object' &&
    value !== null &&
    'addon' in value &&
    typeof value.addon === 'string' &&
    'libtorch' in value &&
    typeof value.libtorch === 'string'
  )
}

function load(): Addon {
  const { addon } = builtAddon()
  let exports: Addon
  try {
    exports = createRequire(import.meta.url)(addon)
  } catch (cause) {
    throw notReady(
      `${addon} cannot be loaded: ${cause instanceof Error ? cause.message : cause}`,
      cause,
    )
  }
  exports.installError(TorchError)
  if (tensorClass !== undefined) exports.installTensor(tensorClass)
  // Before the first tensor, so that none comes from another allocator.
  exports.installCachingAllocator(halfOfMemory())
  return exports
}

function halfOfMemory(): number {
  const allowed = process.constrainedMemory()
  return Math.floor(Math.min(totalmem(), allowed > 0 ? allowed : Number.POSITIVE_INFINITY) / 2)
}

function notReady(what: string, cause: unknown): TorchError {
  return new TorchError(`torch: the engine is not ready: ${what}. Run: npm run setup`, {
    kind: 'engine',
    cause,
  })
}
