import { noGrad } from '../autograd.js'
import type { DType } from '../dtype.js'
import { samePadding } from '../nn/padding.js'
import { aten, randn } from '../ops/index.js'
import { manualSeed } from '../random.js'
import type { Tensor } from '../tensor.js'
import type { FusedActivation } from './norm.js'

export interface Case {
  readonly size: readonly [batch: number, y: number, x: number]
  readonly channels: readonly [inside: number, middle: number, out: number]
  readonly kernel: 3 | 5
  readonly stride: 1 | 2
  readonly source: 'input' | 'pointwise' | 'stem'
  readonly same?: boolean
  readonly activation?: FusedActivation
  readonly residual?: boolean
  readonly training?: boolean
}

export const usual = { same: false, activation: 'silu', residual: false, training: true } as const
export const block = {
  size: [3, 9, 11],
  channels: [16, 96, 24],
  kernel: 3,
  stride: 1,
  source: 'pointwise',
} as const

/** One block in each way in which blocks of EfficientNet differ. */
export const cases: readonly (readonly [name: string, of: Case])[] = [
  ['3 x 3', block],
  ['5 x 5', { ...block, kernel: 5 }],
  ['3 x 3, stride 2', { ...block, stride: 2 }],
  ['5 x 5, stride 2', { ...block, kernel: 5, stride: 2 }],
  ['same padding, stride 2, even size', { ...block, stride: 2, same: true, size: [2, 10, 12] }],
  ['same padding, 5 x 5, stride 2, odd size', { ...block, kernel: 5, stride: 2, same: true }],
  ['mish', { ...block, activation: 'mish' }],
  ['a residual', { ...block, channels: [24, 144, 24], residual: true }],
  ['widths that do not fill a vector', { ...block, channels: [40, 120, 56], residual: false }],
  ['an input of many channels', { ...block, channels: [64, 384, 64], residual: true }],
  ['no widening', { ...block, source: 'input', channels: [40, 40, 24] }],
  [
    'no widening, a residual',
    { ...block, source: 'input', channels: [24, 24, 24], residual: true },
  ],
  ['a stem of one channel', { ...block, source: 'stem', channels: [1, 32, 16], size: [2, 17, 20] }],
  [
    'a stem of six channels',
    { ...block, source: 'stem', channels: [6, 40, 24], size: [2, 16, 16], same: true },
  ],
  ['maps of 2 x 2', { ...block, kernel: 5, channels: [112, 672, 192], size: [5, 2, 2] }],
  [
    'maps of 4 x 4 to 2 x 2',
    { ...block, kernel: 5, stride: 2, channels: [32, 192, 48], size: [4, 4, 4] },
  ],
  ['maps of one pixel', { ...block, size: [7, 1, 1] }],
  ['wide maps', { ...block, size: [1, 6, 70] }],
  ['one image', { ...block, size: [1, 12, 12] }],
  ['many small images', { ...block, size: [40, 3, 3] }],
  ['frozen norms', { ...block, training: false }],
  ['frozen norms, mish, stride 2', { ...block, training: false, activation: 'mish', stride: 2 }],
]

export interface Norm {
  readonly weight: Tensor
  readonly bias: Tensor
  readonly runningMean: Tensor
  readonly runningVar: Tensor
}

export interface Tensors {
  readonly x: Tensor
  readonly expand: { readonly weight: Tensor; readonly norm: Norm } | null
  readonly depthwise: { readonly weight: Tensor; readonly norm: Norm }
  readonly gate: {
    readonly reduce: Tensor
    readonly reduceBias: Tensor
    readonly expand: Tensor
    readonly expandBias: Tensor
  }
  readonly project: { readonly weight: Tensor; readonly norm: Norm }
  readonly branchScale: Tensor | null
  /** What the output's gradient is. */
  readonly seed: (shape: readonly number[]) => Tensor
}

export function drawTensors({ size, channels, kernel, source, residual }: Case): Tensors {
  const [batch, height, width] = size
  const [inside, middle, out] = channels
  const squeezed = 6
  const weights = (shape: readonly number[]) =>
    randn([...shape]).div(Math.sqrt(shape.slice(1).reduce((product, each) => product * each, 1)))
  const norm = (features: number): Norm => ({
    weight: randn([features]).mul(0.3).add(1),
    bias: randn([features]).mul(0.3),
    runningMean: randn([features]).mul(0.1),
    runningVar: randn([features]).square().add(0.5),
  })
  const expandKernel = source === 'stem' ? 3 : 1
  return {
    x: randn([batch, inside, height, width]).contiguous({ memoryFormat: 'channelsLast' }),
    expand:
      source === 'input'
        ? null
        : { weight: weights([middle, inside, expandKernel, expandKernel]), norm: norm(middle) },
    depthwise: { weight: weights([middle, 1, kernel, kernel]), norm: norm(middle) },
    gate: {
      reduce: weights([squeezed, middle, 1, 1]),
      reduceBias: randn([squeezed]),
      expand: weights([middle, squeezed, 1, 1]),
      expandBias: randn([middle]),
    },
    project: { weight: weights([out, middle, 1, 1]), norm: norm(out) },
    branchScale: residual ? aten.rand([batch]).add(0.5) : null,
    seed: (shape) => {
      manualSeed(29)
      return randn([...shape])
    },
  }
}

export interface Run {
  readonly y: Tensor
  readonly gradients: ReadonlyMap<string, Tensor>
  readonly running: ReadonlyMap<string, Tensor>
}

/** The block by libtorch's operators one by one. */
export function stockRun(of: Case, tensors: Tensors): Run {
  const { x, expand, depthwise, gate, project, branchScale } = tensors
  const { kernel, stride, source, same, activation, residual, training } = { ...usual, ...of }
  const act = activation === 'mish' ? aten.mish : aten.silu
  const normed = (z: Tensor, { weight, bias, runningMean, runningVar }: Norm) =>
    aten.batchNorm(z, weight, bias, runningMean, runningVar, training, 0.1, 1e-3, false)
  const convolved = (z: Tensor, weight: Tensor, size: number, step: number, groups: number) => {
    const [y, w] = [z.shape.at(-2) ?? 0, z.shape.at(-1) ?? 0].map((each) =>
      same ? samePadding(each, size, step) : { before: (size - 1) / 2, after: (size - 1) / 2 },
    )
    if (y === undefined || w === undefined) throw new Error('images have two axes')
    const padded = aten.constantPadNd(z, [w.before, w.after, y.before, y.after])
    return aten.conv2d(padded, weight, { stride: [step, step], groups })
  }
  const stemmed = source === 'stem'
  const wide =
    expand === null
      ? x
      : act(normed(convolved(x, expand.weight, stemmed ? 3 : 1, stemmed ? 2 : 1, 1), expand.norm))
  const middle = depthwise.weight.shape[0] ?? 0
  const u = act(normed(convolved(wide, depthwise.weight, kernel, stride, middle), depthwise.norm))
  const pooled = u.mean({ dim: [2, 3], keepdim: true })
  const hidden = act(aten.conv2d(pooled, gate.reduce, { bias: gate.reduceBias }))
  const gated = u.mul(aten.conv2d(hidden, gate.expand, { bias: gate.expandBias }).sigmoid())
  let y = normed(aten.conv2d(gated, project.weight), project.norm)
  if (branchScale !== null) y = y.mul(branchScale.view([-1, 1, 1, 1]))
  return finish(residual ? y.add(x) : y, tensors)
}

export function finish(y: Tensor, tensors: Tensors): Run {
  const leaves = leavesOf(tensors)
  if ([...leaves.values()].some((leaf) => leaf.requiresGrad)) {
    y.backward(tensors.seed(y.shape).to({ dtype: y.dtype }))
  }
  const gradients = new Map<string, Tensor>()
  for (const [name, leaf] of leaves) if (leaf.grad !== null) gradients.set(name, leaf.grad)
  const running = new Map<string, Tensor>()
  for (const [name, part] of partsOf(tensors)) {
    running.set(`${name}.mean`, part.norm.runningMean).set(`${name}.variance`, part.norm.runningVar)
  }
  return { y, gradients, running }
}

function partsOf({ expand, depthwise, project }: Tensors) {
  const parts = { depthwise, project }
  return Object.entries(expand === null ? parts : { expand, ...parts })
}

function leavesOf(tensors: Tensors): Map<string, Tensor> {
  const leaves = new Map<string, Tensor>([['x', tensors.x]])
  for (const [name, { weight, norm }] of partsOf(tensors)) {
    leaves
      .set(`${name}.weight`, weight)
      .set(`${name}.scale`, norm.weight)
      .set(`${name}.bias`, norm.bias)
  }
  for (const [name, tensor] of Object.entries(tensors.gate)) leaves.set(`gate.${name}`, tensor)
  return leaves
}

/** Fresh leaves of the same values. */
export function inDtype(tensors: Tensors, dtype: DType): Tensors {
  const isStem = tensors.expand?.weight.shape[2] === 3
  const copy = (tensor: Tensor, trained = true) => {
    const fresh = noGrad(() => tensor.detach().to({ dtype }).clone())
    fresh.requiresGrad = trained
    return fresh
  }
  const norm = ({ weight, bias, runningMean, runningVar }: Norm): Norm => ({
    weight: copy(weight),
    bias: copy(bias),
    runningMean: copy(runningMean, false),
    runningVar: copy(runningVar, false),
  })
  const part = (of: { readonly weight: Tensor; readonly norm: Norm }) => ({
    weight: copy(of.weight),
    norm: norm(of.norm),
  })
  const { gate } = tensors
  return {
    x: copy(tensors.x, !isStem),
    expand: tensors.expand === null ? null : part(tensors.expand),
    depthwise: part(tensors.depthwise),
    gate: {
      reduce: copy(gate.reduce),
      reduceBias: copy(gate.reduceBias),
      expand: copy(gate.expand),
      expandBias: copy(gate.expandBias),
    },
    project: part(tensors.project),
    branchScale: tensors.branchScale === null ? null : copy(tensors.branchScale, false),
    seed: tensors.seed,
  }
}

export function norm2(x: Tensor): number {
  return Math.sqrt(x.to({ dtype: 'float64' }).square().sum().item())
}

/** |a - b| / |b| */
export function difference(a: Tensor, b: Tensor): number {
  const exact = b.to({ dtype: 'float64' })
  return norm2(a.to({ dtype: 'float64' }).sub(exact)) / Math.max(norm2(exact), 1e-30)
}
