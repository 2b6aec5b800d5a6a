import { noGrad } from '../autograd.js'
import type { DType } from '../dtype.js'
import { engine } from '../libtorch.js'
import { aten, operator } from '../ops/index.js'
import { tidy } from '../scope.js'
import type { Tensor } from '../tensor.js'
import type { BatchNorm2d } from './batch-norm.js'
import type { Conv2d } from './convolution.js'
import { foldBatchNorm } from './fold-batch-norm.js'

export interface FoldedConvolutionOptions {
  /** What follows the convolution. */
  readonly activation?: 'silu' | 'mish' | 'relu' | 'identity'
  /** Of the weights, and of the inputs that it takes; as the convolution's unless said. */
  readonly dtype?: 'float32' | 'bfloat16' | 'float16'
}

const pointwise = operator<(...values: unknown[]) => Tensor>('mkldnn::_convolution_pointwise', '')
const pointwiseAndAdd = operator<(...values: unknown[]) => Tensor>(
  'mkldnn::_convolution_pointwise',
  'binary',
)

/** Activations that oneDNN applies in the convolution itself, by its names. */
const within: Readonly<Partial<Record<string, string>>> = {
  silu: 'swish',
  relu: 'relu',
  identity: 'none',
}

/**
 * A convolution for inference: a batch norm behind it is folded in, the weight converted once, and on the CPU
 * activation or residual are done where the convolution's output lies.
 *
 * `[batch, inChannels, y, x]` to `[batch, outChannels, y', x']`. It keeps copies: later changes to the
 * convolution or the norm do not reach it.
 */
export class FoldedConv2d implements Disposable {
  readonly weight: Tensor
  readonly bias: Tensor | null
  readonly #convolution
  readonly #activation

  constructor(
    convolution: Conv2d,
    norm: BatchNorm2d | null,
    { activation = 'identity', dtype = 'float32' }: FoldedConvolutionOptions = {},
  ) {
    const folded = tidy(() => {
      const { weight, bias } = norm === null ? convolution : foldBatchNorm(convolution, norm)
      const copied = weight.detach().clone().to({ dtype })
      return {
        weight: copied.contiguous({ memoryFormat: 'channelsLast' }),
        bias: bias === null ? null : bias.detach().clone().to({ dtype }),
      }
    })
    this.weight = folded.weight.keep()
    this.bias = folded.bias?.keep() ?? null
    this.#convolution = convolution
    this.#activation = activation
  }

  /** @param residual added before the activation: `act(convolution(x) + residual)`. */
  forward(input: Tensor, residual?: Tensor): Tensor {
    return noGrad(() => tidy(() => this.#forward(input.to({ dtype: this.weight.dtype }), residual)))
  }

  #forward(input: Tensor, residual: Tensor | undefined): Tensor {
    const { weight, bias } = this
    const { stride, dilation, groups } = this.#convolution
    const { padded, padding } = this.#convolution.pad(input)
    const fused = within[this.#activation]
    const byOneDnn = padded.device === 'cpu' && oneDnnTakes(weight.dtype)
    const sizes = [padding, stride, dilation, groups]
    if (byOneDnn && residual === undefined && fused !== undefined) {
      return pointwise(padded, weight, bias, ...sizes, fused, [], '')
    }
    if (byOneDnn && residual !== undefined && (fused === 'none' || fused === 'relu')) {
      const after = fused === 'none' ? null : fused
      return pointwiseAndAdd(padded, residual, weight, bias, ...sizes, 'add', 1, after, [], null)
    }
    const plain = aten.conv2d(padded, weight, { bias, stride, padding, dilation, groups })
    return activate(residual === undefined ? plain : plain.add_(residual), this.#activation)
  }

  /** Frees its copies. */
  dispose(): void {
    this.weight.dispose()
    this.bias?.dispose()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }
}

/** What oneDNN's fused convolutions take on this processor. */
function oneDnnTakes(dtype: DType): boolean {
  return dtype === 'float32' || (dtype === 'bfloat16' && engine.bfloat16Convolutions)
}

function activate(
  x: Tensor,
  activation: NonNullable<FoldedConvolutionOptions['activation']>,
): Tensor {
  if (activation === 'silu') return aten.silu_(x)
  if (activation === 'mish') return aten.mish_(x)
  return activation === 'relu' ? aten.relu_(x) : x
}
