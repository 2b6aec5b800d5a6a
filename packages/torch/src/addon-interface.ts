import type { DType, TypedArray } from './dtype.js'

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

  /** Undefined, as all that follows, where the build found no headers of Gloo. */
  joinGroup?(
    address: string,
    port: number,
    rank: number,
    size: number,
    seconds: number,
    serves: boolean,
    prefix: string,
    ownGpu: boolean | null,
  ): Promise<number>
  leaveGroup(group: number): void
  allReduce(group: number, tensors: readonly Handle[], reduction: string): void
  broadcast(group: number, tensors: readonly Handle[], root: number): void
  allGather<T>(group: number, tensor: Handle): T
  summedOverRanks<T>(group: number, tensor: Handle): T
  gradientBuckets(group: number, parameters: readonly Handle[], bucketBytes: number): number
  armGradients(buckets: number): void
  finishGradients(buckets: number): void
  dropGradients(buckets: number): void
}
