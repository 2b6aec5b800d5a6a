import { describe, expect, it } from 'vitest'
import {
  aten,
  autocast,
  complex,
  type Device,
  float,
  ops,
  type Tensor,
  tensor,
  tidy,
} from '../index.js'
import { itOnDevices, unlike } from '../testing/devices.test.support.js'
import { askPyTorch } from '../testing/pytorch.test.support.js'
import { asScript, type Case, evaluate, type InputSpec } from './cases.test.support.js'

const randn = (...shape: number[]): InputSpec => ({ kind: 'randn', shape })
const rand = (...shape: number[]): InputSpec => ({ kind: 'rand', shape })
const labels = (high: number, ...shape: number[]): InputSpec => ({ kind: 'randint', shape, high })
const image = (...shape: number[]): InputSpec => ({ kind: 'randn', shape, channelsLast: true })

/** An expression of one tensor, and its gradient. */
function unary(python: string, ours: (x: Tensor) => Tensor, x: InputSpec = randn(37, 19)): Case {
  return { name: python, inputs: { x }, python, ours, gradients: ['x'] }
}

/** An expression of one tensor that has no gradient. */
function plain(
  python: string,
  ours: (x: Tensor) => Tensor | readonly Tensor[],
  x = randn(37, 19),
): Case {
  return { name: python, inputs: { x }, python, ours }
}

const convolutions: Case[] = [
  {
    name: 'conv2d with stride, padding and bias',
    inputs: { x: randn(3, 6, 33, 31), w: randn(16, 6, 3, 3), b: randn(16) },
    python: 'F.conv2d(x, w, b, stride=2, padding=1)',
    ours: (x, w, b) => aten.conv2d(x, w, { bias: b, stride: 2, padding: [1, 1] }),
    gradients: ['x', 'w', 'b'],
  },
  {
    name: 'conv2d, depthwise, channels last',
    inputs: { x: image(2, 24, 20, 20), w: randn(24, 1, 5, 5) },
    python: 'F.conv2d(x, w, padding=2, groups=24)',
    ours: (x, w) => aten.conv2d(x, w, { padding: 2, groups: 24 }),
    gradients: ['x', 'w'],
  },
  {
    name: 'conv2d in bfloat16 by autocast',
    inputs: { x: image(4, 6, 32, 32), w: randn(32, 6, 3, 3) },
    python: 'autocast(lambda: F.conv2d(x, w, stride=2))',
    ours: (x, w) => autocast({ dtype: 'bfloat16' }, () => aten.conv2d(x, w, { stride: 2 })),
    cpuOnly: true,
    gradients: ['x', 'w'],
  },
  {
    name: 'conv_transpose2d',
    inputs: { x: randn(2, 8, 9, 9), w: randn(8, 4, 3, 3) },
    python: 'F.conv_transpose2d(x, w, stride=2, output_padding=1)',
    ours: (x, w) => aten.convTranspose2d(x, w, { stride: 2, outputPadding: 1 }),
    gradients: ['x', 'w'],
  },
  unary(
    'F.max_pool2d(x, 3, 2, 1)',
    (x) => aten.maxPool2d(x, 3, { stride: 2, padding: 1 }),
    randn(2, 4, 17, 17),
  ),
  unary('F.avg_pool2d(x, 2)', (x) => aten.avgPool2d(x, [2, 2]), randn(2, 4, 16, 16)),
  unary('F.adaptive_avg_pool2d(x, 1)', (x) => aten.adaptiveAvgPool2d(x, 1), image(2, 4, 16, 16)),
  unary('F.pad(x, [1, 2, 3, 0])', (x) => aten.constantPadNd(x, [1, 2, 3, 0]), randn(2, 3, 8, 8)),
  unary(
    "F.interpolate(x, size=(16, 16), mode='bilinear', align_corners=False)",
    (x) => aten.upsampleBilinear2d(x, [16, 16], false),
    randn(2, 3, 8, 8),
  ),
]

const normalisations: Case[] = [
  {
    name: 'batch_norm in training, with its running statistics',
    inputs: { x: image(8, 12, 16, 16), w: rand(12), b: randn(12), m: randn(12), v: rand(12) },
    python: '[F.batch_norm(x, m, v, w, b, training=True, momentum=0.1, eps=1e-3), m, v]',
    ours: (x, w, b, m, v) =>
      [aten.batchNorm(x, w, b, m, v, true, 0.1, 1e-3, true), m, v] as Tensor[],
    gradients: ['x', 'w', 'b'],
  },
  {
    name: 'batch_norm in evaluation',
    inputs: { x: randn(8, 12, 16, 16), w: rand(12), b: randn(12), m: randn(12), v: rand(12) },
    python: 'F.batch_norm(x, m, v, w, b)',
    ours: (x, w, b, m, v) => aten.batchNorm(x, w, b, m, v, false, 0.1, 1e-5, true),
    gradients: ['x', 'w', 'b'],
  },
  {
    name: 'layer_norm',
    inputs: { x: randn(4, 7, 32), w: rand(32), b: randn(32) },
    python: 'F.layer_norm(x, [32], w, b)',
    ours: (x, w, b) => aten.layerNorm(x, [32], { weight: w, bias: b }),
    gradients: ['x', 'w', 'b'],
  },
  {
    name: 'group_norm',
    inputs: { x: randn(4, 12, 8, 8), w: rand(12), b: randn(12) },
    python: 'F.group_norm(x, 3, w, b)',
    ours: (x, w, b) => aten.groupNorm(x, 3, { weight: w, bias: b }),
    gradients: ['x', 'w', 'b'],
  },
]

const losses: Case[] = [
  {
    name: 'cross_entropy with label smoothing',
    inputs: { x: randn(32, 1108), y: labels(1108, 32) },
    python: 'F.cross_entropy(x, y, label_smoothing=0.1)',
    ours: (x, y) => aten.crossEntropyLoss(x, y, { labelSmoothing: 0.1 }),
    gradients: ['x'],
  },
  {
    name: 'cross_entropy with weights, unreduced',
    inputs: { x: randn(32, 10), y: labels(10, 32), w: rand(10) },
    python: "F.cross_entropy(x, y, w, reduction='none')",
    ours: (x, y, weight) => aten.crossEntropyLoss(x, y, { weight, reduction: 0 }),
    gradients: ['x'],
  },
  {
    name: 'nll_loss that ignores a class',
    inputs: { x: randn(32, 10), y: labels(10, 32) },
    python: 'F.nll_loss(F.log_softmax(x, 1), y, ignore_index=3)',
    ours: (x, y) => aten.nllLoss(aten.logSoftmax(x, 1), y, { ignoreIndex: 3 }),
    gradients: ['x'],
  },
  {
    name: 'binary_cross_entropy_with_logits',
    inputs: { x: randn(32, 5), y: rand(32, 5), w: rand(5) },
    python: 'F.binary_cross_entropy_with_logits(x, y, pos_weight=w)',
    ours: (x, y, posWeight) => aten.binaryCrossEntropyWithLogits(x, y, { posWeight }),
    gradients: ['x'],
  },
  {
    name: 'mse_loss',
    inputs: { x: randn(64, 3), y: randn(64, 3) },
    python: "F.mse_loss(x, y, reduction='sum')",
    ours: (x, y) => aten.mseLoss(x, y, { reduction: 2 }),
    gradients: ['x'],
  },
  {
    name: 'kl_div',
    inputs: { x: randn(16, 9), y: rand(16, 9) },
    python: "F.kl_div(x, y, reduction='sum', log_target=True)",
    ours: (x, y) => aten.klDiv(x, y, { reduction: 2, logTarget: true }),
    gradients: ['x'],
  },
]

const elementwise: Case[] = [
  unary('F.silu(x)', (x) => aten.silu(x)),
  unary('F.mish(x)', (x) => aten.mish(x)),
  unary("F.gelu(x, approximate='tanh')", (x) => aten.gelu(x, { approximate: 'tanh' })),
  unary('torch.sigmoid(x).log()', (x) => x.sigmoid().log()),
  unary('F.softplus(x, beta=2.0)', (x) => aten.softplus(x, { beta: 2 })),
  unary('F.hardswish(x)', (x) => x.hardswish()),
  unary('F.leaky_relu(x, 0.2)', (x) => x.leakyRelu({ negativeSlope: 0.2 })),
  unary('x.pow(3)', (x) => x.pow(3)),
  unary('x.exp() * 2 - 1', (x) => x.exp().mul(2).sub(1)),
  unary('2.0 - x / 3', (x) => x.div(3).rsub(float(2))),
  unary('x.clamp(-0.5, 1.0)', (x) => x.clamp({ min: -0.5, max: float(1) })),
  unary('torch.where(x > 0, x, 0.1 * x)', (x) => aten.where(x.gt(0), x, x.mul(0.1))),
  unary('x.lerp(x.abs(), 0.25)', (x) => x.lerp(x.abs(), 0.25)),
  unary('torch.addcdiv(x, x, x.square() + 1, value=0.5)', (x) =>
    x.addcdiv(x, x.square().add(1), { value: 0.5 }),
  ),
  unary('x.norm(dim=1)', (x) => x.linalgVectorNorm({ dim: [1] })),
  unary('F.dropout(x, 0.3, True)', (x) => aten.dropout(x, 0.3, true)),
  unary('F.dropout2d(x, 0.5, True)', (x) => aten.featureDropout(x, 0.5, true), randn(4, 8, 5, 5)),
  {
    name: 'division that rounds down, of integers',
    inputs: { x: labels(1000, 50), y: { ...labels(9, 50), dtype: 'int32' } },
    python: "torch.div(x, y + 1, rounding_mode='floor')",
    ours: (x, y) => x.divTensorMode(y.add(1), { roundingMode: 'floor' }),
  },
]

const shapes: Case[] = [
  unary(
    'x.permute(0, 3, 1, 2).contiguous()',
    (x) => x.permute([0, 3, 1, 2]).contiguous(),
    randn(2, 3, 4, 5),
  ),
  unary(
    'x.transpose(1, 2).reshape(2, -1)',
    (x) => x.transpose(1, 2).reshape([2, -1]),
    randn(2, 3, 4),
  ),
  unary(
    'x.flatten(1).unsqueeze(0).expand(3, -1, -1)',
    (x) => x.flatten({ startDim: 1 }).unsqueeze(0).expand([3, -1, -1]),
    randn(2, 3, 4),
  ),
  unary('x[:, 1:7:2]', (x) => x.slice({ dim: 1, start: 1, end: 7, step: 2 })),
  unary('x[torch.tensor([3, 1, 3])]', (x) => x.index([tensor([3n, 1n, 3n], { device: x.device })])),
  unary(
    'torch.rot90(x, 1, [2, 3]).flip([3])',
    (x) => x.rot90({ k: 1, dims: [2, 3] }).flip([3]),
    randn(2, 3, 4, 4),
  ),
  unary('torch.cat([x, x * 2], 1)', (x) => aten.cat([x, x.mul(2)], { dim: 1 })),
  unary('torch.stack(x.unbind(0)[:3], 1)', (x) => aten.stack(x.unbind().slice(0, 3), { dim: 1 })),
  unary('x.split([30, 7])[1]', (x) => x.splitSizes([30, 7])[1] ?? x),
  unary('torch.tril(x, -1)', (x) => x.tril({ diagonal: -1 })),
  unary('F.unfold(x, 3, padding=1)', (x) => x.im2col(3, 1, 1, 1), randn(1, 2, 6, 6)),
  unary('F.pixel_shuffle(x, 2)', (x) => x.pixelShuffle(2), randn(1, 8, 3, 3)),
  {
    name: 'gather and scatter_add',
    inputs: { x: randn(5, 7), i: labels(7, 5, 3) },
    python: 'torch.zeros(5, 7).scatter_add(1, i, x.gather(1, i))',
    ours: (x, i) =>
      aten.zeros([5, 7], { device: x.device }).scatterAdd(1, i as Tensor, x.gather(1, i as Tensor)),
    gradients: ['x'],
  },
  {
    name: 'index with a gap',
    inputs: { x: randn(4, 5, 6), i: labels(6, 3) },
    python: 'x[:, :, i]',
    ours: (x, i) => x.index([null, null, i as Tensor]),
    gradients: ['x'],
  },
]

const reductions: Case[] = [
  unary('x.sum()', (x) => x.sum()),
  unary('x.sum(1, keepdim=True)', (x) => x.sum({ dim: 1, keepdim: true })),
  unary('x.mean((0, 1))', (x) => x.mean({ dim: [0, 1] })),
  unary('x.var(0, correction=0)', (x) => x.var({ dim: 0, correction: 0 })),
  unary('x.logsumexp(1)', (x) => x.logsumexp(1)),
  unary('x.amax(1)', (x) => x.amax({ dim: 1 })),
  unary('F.softmax(x, 1)', (x) => x.softmax(1)),
  unary('x.cumsum(1)', (x) => x.cumsum(1)),
  plain('list(x.max(1))', (x) => x.maxDim(1)),
  plain('list(x.topk(5, 1))', (x) => x.topk(5, { dim: 1 })),
  plain('list(x.sort(1, descending=True))', (x) => x.sort({ dim: 1, descending: true })),
  plain('x.argmax(1)', (x) => x.argmax({ dim: 1 })),
  plain('x.quantile(0.3, 0)', (x) => x.quantile(0.3, { dim: 0 })),
  plain('x.median()', (x) => x.median()),
  plain('torch.bincount(x.long().abs().flatten(), minlength=9)', (x) =>
    x.to({ dtype: 'int64' }).abs().flatten().bincount({ minlength: 9 }),
  ),
  plain('x.sum(dtype=torch.float64)', (x) => x.sum({ dtype: 'float64' })),
]

const algebra: Case[] = [
  {
    name: 'linear',
    inputs: { x: randn(16, 64), w: randn(1108, 64), b: randn(1108) },
    python: 'F.linear(x, w, b)',
    ours: (x, w, b) => aten.linear(x, w as Tensor, { bias: b }),
    gradients: ['x', 'w', 'b'],
  },
  {
    name: 'matmul in float64',
    inputs: {
      x: { ...randn(3, 17, 9), dtype: 'float64' },
      y: { ...randn(9, 11), dtype: 'float64' },
    },
    python: 'x @ y',
    ours: (x, y) => x.matmul(y as Tensor),
    gradients: ['x', 'y'],
  },
  {
    name: 'matmul in bfloat16',
    inputs: {
      x: { ...randn(33, 64), dtype: 'bfloat16' },
      y: { ...randn(64, 11), dtype: 'bfloat16' },
    },
    python: 'x @ y',
    ours: (x, y) => x.matmul(y as Tensor),
    gradients: ['x', 'y'],
  },
  {
    name: 'einsum',
    inputs: { x: randn(3, 4, 5), y: randn(3, 5, 6) },
    python: "torch.einsum('bij,bjk->bik', x, y)",
    ours: (x, y) => aten.einsum('bij,bjk->bik', [x, y as Tensor]),
    gradients: ['x', 'y'],
  },
  {
    name: 'cosine_similarity',
    inputs: { x: randn(20, 30), y: randn(20, 30) },
    python: 'F.cosine_similarity(x, y)',
    ours: (x, y) => aten.cosineSimilarity(x, y as Tensor),
    gradients: ['x', 'y'],
  },
  {
    ...plain('list(torch.linalg.eigh(x.T @ x))', (x) => x.t().matmul(x).linalgEigh(), randn(8, 5)),
    cpuOnly: true,
  },
]

const random: Case[] = [
  plain('torch.randperm(100)', () => aten.randperm(100)),
  plain('x.bernoulli_(0.8)', (x) => x.bernoulli_({ p: 0.8 })),
  plain('x.normal_(2.0, 3.0)', (x) => x.normal_({ mean: 2, std: 3 })),
  plain('x.uniform_(-2, 7)', (x) => x.uniform_({ from: -2, to: 7 })),
  plain('torch.multinomial(x, 4)', (x) => x.multinomial(4), rand(6, 20)),
  plain('torch.randint(5, 50, (30,), dtype=torch.int32)', () =>
    aten.randintLow(5, 50, [30], { dtype: 'int32' }),
  ),
]

const everywhereElse: Case[] = [
  plain('torch.special.i0(x)', (x) => ops.aten.special_i0.default(x)),
  plain('torch.view_as_real(torch.fft.rfft(x))', (x) =>
    ops.aten.view_as_real(ops.aten.fft_rfft.default(x, { dim: -1 })),
  ),
  plain('torch.view_as_real(torch.full((3,), 1 + 2j))', ({ device }) =>
    ops.aten.view_as_real(aten.full([3], complex(1, 2), { device })),
  ),
  plain('list(torch.aminmax(x, dim=1))', (x) =>
    ops.aten.aminmax.default<[Tensor, Tensor]>(x, { dim: 1 }),
  ),
]

const groups = {
  convolutions,
  normalisations,
  losses,
  elementwise,
  shapes,
  reductions,
  algebra,
  random,
  everywhereElse,
}
const numbered = Object.entries(groups).flatMap(([group, list]) =>
  list.map((one) => ({ group, one })),
)
const theirs = askPyTorch(numbered.map(({ one }, seed) => asScript(one, seed)))

/** Bit by bit on the processor. */
function compare(one: Case, seed: number, device: Device): void {
  tidy(() => {
    const expected = theirs[seed] ?? new Map()
    const ours = evaluate(one, seed, device)
    expect(unlike(ours, expected, device)).toEqual([])
    for (const [name, { shape }] of expected) expect(ours.get(name)?.shape).toEqual(shape)
  })
}

describe.each(Object.keys(groups))('%s are PyTorch’s', (wanted) => {
  for (const [seed, { group, one }] of numbered.entries()) {
    if (group !== wanted) continue
    // A card draws other numbers.
    if (group === 'random' || one.cpuOnly === true) it(one.name, () => compare(one, seed, 'cpu'))
    else itOnDevices(one.name, (device) => compare(one, seed, device))
  }
})
