import type { Device, DType } from '../dtype.js'
import { aten, manualSeed, rand, randint, randn, setThreads, Tensor } from '../index.js'
import { oracleThreads } from '../testing/pytorch.test.support.js'

/** A tensor that both sides draw from the same state of the generator, or count up. */
export interface InputSpec {
  readonly kind: 'randn' | 'rand' | 'randint' | 'arange'
  readonly shape: readonly number[]
  readonly high?: number
  readonly dtype?: DType
  readonly channelsLast?: boolean
}

/** The same computation twice: an expression of Python over its inputs, and a function of ours. */
export interface Case {
  readonly name: string
  readonly inputs: Readonly<Record<string, InputSpec>>
  readonly python: string
  /** Takes the inputs in their order. */
  readonly ours: (...inputs: Tensor[]) => Tensor | readonly Tensor[]
  /** The inputs whose gradients are compared, too. */
  readonly gradients?: readonly string[]
  /** It is about the processor, as autocast there is, or its signs are free, as those of eigenvectors. */
  readonly cpuOnly?: boolean
}

/** The case as a script of PyTorch: results and gradients by number in `out`. */
export function asScript({ inputs, python, gradients = [] }: Case, seed: number): string {
  return `
import torch.nn.functional as F
def autocast(work):
    with torch.autocast('cpu', dtype=torch.bfloat16):
        return work()
torch.manual_seed(${seed})
${Object.entries(inputs)
  .map(([name, spec]) => `${name} = ${inPython(spec)}`)
  .join('\n')}
leaves = [${gradients.join(', ')}]
for leaf in leaves: leaf.requires_grad_(True)
results = ${python}
results = [results] if isinstance(results, torch.Tensor) else list(results)
if leaves:
    results[0].backward(torch.randn(results[0].shape).to(results[0].dtype))
results += [leaf.grad for leaf in leaves]
out = {str(index): result for index, result in enumerate(results)}`
}

function inPython({ kind, shape, high, dtype, channelsLast }: InputSpec): string {
  const size = `[${shape.join(', ')}]`
  const drawn = {
    randn: `torch.randn(${size})`,
    rand: `torch.rand(${size})`,
    randint: `torch.randint(${high}, ${size})`,
    arange: `torch.arange(torch.Size(${size}).numel(), dtype=torch.float32).reshape(${size})`,
  }[kind]
  const cast = dtype === undefined ? drawn : `${drawn}.to(torch.${dtype})`
  return channelsLast === true ? `${cast}.contiguous(memory_format=torch.channels_last)` : cast
}

/** The case by our own binding, as its script does it; drawn on the processor for every device. */
export function evaluate(
  { inputs, ours, gradients = [] }: Case,
  seed: number,
  device: Device,
): Map<string, Tensor> {
  setThreads(oracleThreads)
  manualSeed(seed)
  const tensors = new Map(
    Object.entries(inputs).map(([name, spec]) => [name, make(spec).to({ device })]),
  )
  const leaves = gradients.map((name) => {
    const leaf = tensors.get(name)
    if (leaf === undefined) throw new Error(`the case has no input ${name}`)
    leaf.requiresGrad = true
    return leaf
  })
  const computed = ours(...tensors.values())
  const results = computed instanceof Tensor ? [computed] : [...computed]
  const [first] = results
  if (leaves.length > 0 && first !== undefined) {
    first.backward(randn(first.shape).to({ dtype: first.dtype, device }))
    for (const leaf of leaves) {
      if (leaf.grad === null) throw new Error('an input has no gradient')
      results.push(leaf.grad)
    }
  }
  return new Map(results.map((result, index) => [String(index), result]))
}

function make(spec: InputSpec): Tensor {
  let tensor = draw(spec)
  if (spec.dtype !== undefined) tensor = tensor.to({ dtype: spec.dtype })
  return spec.channelsLast === true ? tensor.contiguous({ memoryFormat: 'channelsLast' }) : tensor
}

function draw({ kind, shape, high = 0 }: InputSpec): Tensor {
  switch (kind) {
    case 'randn':
      return randn(shape)
    case 'rand':
      return rand(shape)
    case 'randint':
      return randint(high, shape)
    case 'arange': {
      const count = shape.reduce((product, size) => product * size, 1)
      return aten.arange(count, { dtype: 'float32' }).reshape(shape)
    }
  }
}
