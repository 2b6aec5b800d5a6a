import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { totalmem } from 'node:os'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DType, TypedArray } from './dtype.js'
import { TorchError } from './errors.js'

/** A Tensor's or Generator's native side: opaque here, checked there. */
type Handle = object

export interface NativeOperator {
  /** Arguments in the schema's order; `undefined` for a default. */
  readonly call: (...values: unknown[]) => unknown
  /** The schema's names of the arguments. */
  readonly parameters: readonly string[]
}

/** One argument or result of an operator, as its schema has it. */
export interface SchemaValue {
  readonly name: string
  /** As in the schema, but `Optional[int]`, `List[Tensor]`. */
  readonly type: string
  readonly keywordOnly: boolean
  /** The operator writes into it. */
  readonly written: boolean
  /** JavaScript has values of this type. */
  readonly expressible: boolean
  /** The fixed length of a list: 2 in `int[2] stride`. */
  readonly length?: number
  readonly defaultValue?: string
}

export interface Schema {
  readonly name: string
  readonly overload: string
  /** The schema as libtorch writes it. */
  readonly text: string
  readonly parameters: readonly SchemaValue[]
  readonly results: readonly SchemaValue[]
}

export interface AllocatorStatistics {
  /** Bytes held from the system: in use and cached. */
  readonly reserved: number
  readonly inUse: number
  /** The most that was in use. */
  readonly peak: number
  /** What may be reserved while anything is cached. */
  readonly limit: number
}

export interface EngineFacts {
  readonly version: string
  readonly cpuCapability: string
  readonly cuda: boolean
  readonly devices: readonly string[]
}

/** The functions of the C++ addon (native/exports.h). */
export interface Addon {
  installError(errorClass: unknown): void
  installTensor(tensorClass: unknown): void
  operator(name: string, overload: string): NativeOperator
  schemas(): Schema[]
  engine(): EngineFacts
  dtypes(): DType[]
  setThreads(count: number): void
  threads(): number
  isDeterministic(): boolean
  setDeterministic(only: boolean): void

  shape(tensor: Handle): number[]
  strides(tensor: Handle): number[]
  dtype(tensor: Handle): DType
  device(tensor: Handle): string
  dimensions(tensor: Handle): number
  elements(tensor: Handle): number
  bytes(tensor: Handle): number
  isLeaf(tensor: Handle): boolean
  isDisposed(tensor: Handle): boolean

  fromTypedArray<T>(data: TypedArray, shape: readonly number[], dtype?: DType, device?: string): T
  copyFrom(tensor: Handle, data: TypedArray): void
  toTypedArray(tensor: Handle): TypedArray
  memory(tensor: Handle): ArrayBuffer
  item(tensor: Handle): number

  beginScope(): number
  endScope(depth: number, returned: readonly unknown[]): void
  dispose(tensor: Handle): void
  keep(tensor: Handle): void
  live(): { tensors: number; bytes: number }

  backward(
    tensor: Handle,
    gradient: Handle | null,
    retainGraph: boolean,
    createGraph: boolean,
  ): void
  gradients<T>(
    outputs: readonly Handle[],
    inputs: readonly Handle[],
    outputGradients: readonly (Handle | null)[],
    retainGraph: boolean,
    createGraph: boolean,
    allowUnused: boolean,
  ): T[]
  getRequiresGrad(tensor: Handle): boolean
  setRequiresGrad(tensor: Handle, required: boolean): void
  getGrad<T>(tensor: Handle): T | null
  setGrad(tensor: Handle, gradient: Handle | null): void

  enterGradMode(enabled: boolean): number
  enterInferenceMode(): number
  enterAutocast(device: string, enabled: boolean, dtype: DType): number
  leaveMode(depth: number): void
  isGradEnabled(): boolean

  manualSeed(seed: number | bigint): void
  attachGenerator(generator: Handle, device: string, seed: number | bigint): void
  generatorState(source: string | Handle): Uint8Array
  setGeneratorState(source: string | Handle, state: Uint8Array): void

  installCachingAllocator(limitBytes: number): void
  setAllocatorLimit(limitBytes: number): void
  allocator(): AllocatorStatistics
  trim(): number
}

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

/** @throws {TorchError} of kind `engine` when set-up has not run. */
export function builtAddon(): BuiltAddon {
  const file = fileURLToPath(new URL('../build/current.json', import.meta.url))
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
