import { noGrad } from '../autograd.js'
import type { FoldedWeights } from '../nn/index.js'
import { operator } from '../ops/index.js'
import { tidy } from '../scope.js'
import type { Tensor } from '../tensor.js'
import { type KernelBuild, kernelsInUse } from './kernels.js'
import type { GateTensors } from './mbconv.js'
import type { FusedActivation } from './norm.js'

/** What the sums are made of; they themselves are float32. */
export type FoldedPrecision = 'float32' | 'bfloat16'

/** An MBConv block whose norms are folded into its convolutions; float32 on the CPU, channels in multiples of 8. */
export interface FoldedMBConvBlock {
  /** `[middle, in, 1, 1]`; a stem, `[middle, in, 3, 3]` with stride 2; or null where the block does not widen. */
  readonly expand: FoldedWeights | null
  /** `[middle, 1, kernel, kernel]`, kernel 3 or 5. */
  readonly depthwise: FoldedWeights
  readonly gate: GateTensors
  /** `[out, middle, 1, 1]`. */
  readonly project: FoldedWeights
  /** 1 or 2. */
  readonly stride: number
  /** Zeros as TensorFlow's "same", or else (kernel - 1) / 2 on each side. */
  readonly samePadding: boolean
  readonly activation: FusedActivation
  /** Whether the input is added to the output. */
  readonly residual: boolean
}

const packWeight = operator<(weight: Tensor, build: string, bfloat16: boolean) => Tensor>(
  'phenoprint::pack_weight',
  '',
)
const packTaps = operator<(weight: Tensor) => Tensor>('phenoprint::pack_taps', '')
const padColumns = operator<(values: Tensor) => Tensor>('phenoprint::pad_columns', '')
const computeBlock = operator<(...values: unknown[]) => Tensor>('phenoprint::folded_mbconv', '')
const computeHead = operator<(...values: unknown[]) => Tensor>('phenoprint::folded_head', '')

/**
 * A whole MBConv block for inference, each sample computed from end to end by one thread: what is
 * between its convolutions stays in that thread's cache. Weights are packed once, in the order in
 * which the kernels read them. The bits of a sample depend on neither batch nor threads.
 *
 * @see Sandler et al. 2018 (arXiv:1801.04381); Tan & Le 2019 (arXiv:1905.11946).
 */
export class FoldedMBConv implements Disposable {
  readonly #build = buildInUse()
  readonly #bfloat16: boolean
  readonly #expand: readonly Tensor[]
  readonly #rest: readonly Tensor[]
  readonly #settings: readonly unknown[]

  /** @throws {TorchError} where the processor has no fused kernels. */
  constructor(block: FoldedMBConvBlock, precision: FoldedPrecision) {
    const { expand, depthwise, gate, project } = block
    this.#bfloat16 = precision === 'bfloat16'
    const { matrices, rest } = noGrad(() => tidy(() => this.#pack(block)))
    this.#expand = matrices.map((each) => each.keep())
    this.#rest = rest.map((each) => each.keep())
    const channels = [depthwise, project, { weight: gate.reduce }].map(
      ({ weight }) => weight.shape[0] ?? 0,
    )
    const stem = expand !== null && expand.weight.shape[2] === 3
    const kernel = depthwise.weight.shape[2]
    this.#settings = [
      channels,
      stem,
      kernel,
      block.stride,
      block.samePadding,
      block.activation,
      block.residual,
    ]
  }

  #pack({ expand, depthwise, gate, project }: FoldedMBConvBlock) {
    const matrix = (weight: Tensor) => packWeight(weight, this.#build, this.#bfloat16)
    const flat = (weight: Tensor) => weight.flatten({ startDim: 1 })
    return {
      matrices: expand === null ? [] : [matrix(expand.weight), padColumns(expand.bias)],
      rest: [
        packTaps(depthwise.weight),
        padColumns(depthwise.bias),
        padColumns(flat(gate.reduce)),
        padColumns(gate.reduceBias),
        padColumns(flat(gate.expand).t().contiguous()),
        padColumns(gate.expandBias),
        matrix(project.weight),
        padColumns(project.bias),
      ],
    }
  }

  /**
   * @param x `[batch, in, y, x]`, any size; fastest channels-last and of its precision (a stem's: float32).
   * @returns `[batch, out, y', x']` of its precision, channels-last.
   */
  forward(x: Tensor): Tensor {
    return computeBlock(x, this.#expand, this.#rest, ...this.#settings, this.#bfloat16, this.#build)
  }

  /** Frees the packed weights. */
  dispose(): void {
    for (const tensor of [...this.#expand, ...this.#rest]) tensor.dispose()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }
}

/** The end of a network for inference: `mean(act(convolution(x)))`, the norm folded in. */
export class FoldedHead implements Disposable {
  readonly #build = buildInUse()
  readonly #panels: Tensor
  readonly #bias: Tensor
  readonly #settings: readonly unknown[]

  /**
   * @param head `[out, in, 1, 1]` and `[out]`, float32 on the CPU, both multiples of 8.
   * @throws {TorchError} where the processor has no fused kernels.
   */
  constructor(
    { weight, bias }: FoldedWeights,
    activation: FusedActivation,
    precision: FoldedPrecision,
  ) {
    const bfloat16 = precision === 'bfloat16'
    this.#panels = packWeight(weight, this.#build, bfloat16).keep()
    this.#bias = padColumns(bias).keep()
    this.#settings = [weight.shape[0], activation, bfloat16]
  }

  /**
   * @param x `[batch, in, y, x]`.
   * @returns `[batch, out]`, float32.
   */
  forward(x: Tensor): Tensor {
    return computeHead(x, this.#panels, this.#bias, ...this.#settings, this.#build)
  }

  /** Frees the packed weights. */
  dispose(): void {
    this.#panels.dispose()
    this.#bias.dispose()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }
}

function buildInUse(): KernelBuild {
  const build = kernelsInUse()
  if (build === undefined) throw new Error('kernelsInUse() gives a build or throws')
  return build
}
