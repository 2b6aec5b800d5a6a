import { builtAddon, native } from './addon.js'
import type { Schema } from './addon-interface.js'
import type { Device, DType } from './dtype.js'
import { operator } from './ops/operator.js'

const takesBfloat16 = operator<() => boolean>('mkldnn::_is_mkldnn_bf16_supported', '')

/** The libtorch in use. The first question loads it. */
export const engine = {
  /** `2.13.0` */
  get version(): string {
    return native().engine().version
  },

  /** The folder with its lib/ and include/. */
  get path(): string {
    return builtAddon().libtorch
  },

  /** The instruction set that its kernels use here: `AVX512`, `AVX2`, `DEFAULT`, ... */
  get cpuCapability(): string {
    return native().engine().cpuCapability
  },

  /**
   * Whether convolutions take bfloat16 on this processor: with AVX-512 (bw, vl, dq) or AVX-NE-CONVERT. Elsewhere
   * libtorch has others for it, many times slower than those for float32.
   */
  get bfloat16Convolutions(): boolean {
    return takesBfloat16()
  },

  /** It was built for CUDA, and there is such a device. */
  get cuda(): boolean {
    return native().engine().cuda
  },

  /**
   * Only deterministic algorithms, in the whole process: an operator that has none throws, and cuDNN
   * does not choose by speed. CPU training is deterministic without it.
   */
  get deterministic(): boolean {
    return native().isDeterministic()
  },

  set deterministic(only: boolean) {
    native().setDeterministic(only)
  },

  devices(): Device[] {
    return [...native().engine().devices]
  },

  dtypes(): DType[] {
    return native().dtypes()
  },

  /** Every operator registered with its dispatcher, our own among them. */
  schemas(): Schema[] {
    return native().schemas()
  },
}

/** How many threads the operators that this JavaScript thread calls may use. */
export function setThreads(count: number): void {
  native().setThreads(count)
}

export function threads(): number {
  return native().threads()
}
