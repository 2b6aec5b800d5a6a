import { distributed, nn, noGrad, tensor, tidy } from '../index.js'

/** What a rank is asked to do. */
interface Task {
  readonly rendezvous: distributed.Rendezvous
  readonly what: 'reduce' | 'norm' | 'wait' | 'buckets' | 'gpu'
}

// One rank of a group, in a process of its own: answers with what it has in the end.
process.once('message', (task: Task) => {
  void answer(task).then(
    (result) => process.send?.({ result }),
    (error: { kind?: string; message: string }) =>
      process.send?.({ error: { kind: error.kind, message: error.message } }),
  )
})

async function answer({ rendezvous, what }: Task): Promise<unknown> {
  using group = await distributed.Group.join(rendezvous)
  const { rank } = group
  switch (what) {
    case 'reduce':
      return reduce(group)
    case 'norm':
      return norm(group)
    case 'buckets':
      return buckets(group)
    case 'gpu':
      return gpu(group, rendezvous.ownGpu ? `cuda:${rank}` : 'cuda:0')
    case 'wait':
      // The last rank ends here, without a word.
      if (rank === group.size - 1) process.exit(9)
      group.allReduce([tensor([rank])])
      return null
  }
}

function reduce(group: distributed.Group): unknown {
  const { rank } = group
  const sum = tensor([rank + 1, 0.1, 10 * rank])
  const wide = tensor(Float64Array.of(rank + 0.25))
  group.allReduce([sum, wide])
  const mean = tensor([rank, 1])
  group.allReduce([mean], 'mean')
  const max = tensor([rank, 1 - rank])
  group.allReduce([max], 'max')
  const sent = tensor([rank + 7, rank + 7, rank + 7])
  group.broadcast([sent], 1)
  const gathered = group.allGather(tensor([rank, rank * rank]))
  return {
    ...{ sum: sum.toNumbers(), wide: wide.toNumbers(), mean: mean.toNumbers() },
    ...{ max: max.toNumbers(), sent: sent.toNumbers() },
    gathered: { shape: gathered.shape, values: gathered.toNumbers() },
  }
}

/** Two parameters, one of which only rank 0 uses, and one that none does. */
function buckets(group: distributed.Group): unknown {
  const parameters = [1, 2, 3].map((value) => {
    const made = tensor([value, value, value, value]).keep()
    made.requiresGrad = true
    return made
  })
  const [shared, ofFirst] = parameters
  using sums = new distributed.GradientBuckets(group, parameters, { bucketBytes: 20 })
  const steps: (number[] | null)[][] = []
  for (let step = 1; step <= 2; step++) {
    tidy(() => {
      const scale = (group.rank + 1) * step
      // Gradients of a first micro-batch are only added; those of the second go out.
      shared?.mul(scale).sum().backward()
      sums.arm()
      const loss = shared?.square().mul(scale).sum()
      const more = group.rank === 0 && ofFirst !== undefined ? loss?.add(ofFirst.sum()) : loss
      more?.backward()
      sums.finish()
    })
    steps.push(parameters.map(({ grad }) => grad?.toNumbers() ?? null))
    for (const parameter of parameters) parameter.grad = null
  }
  return steps
}

/** Sums, what the first rank sent, and summed gradients of (rank + 1) x³ at 1, on a GPU. */
function gpu(group: distributed.Group, device: 'cuda:0' | `cuda:${number}`): unknown {
  const { rank } = group
  const sum = tensor([rank + 1, 10 * (rank + 1)]).to({ device })
  group.allReduce([sum])
  const sent = tensor([rank + 7, rank + 7]).to({ device })
  group.broadcast([sent])
  const parameter = tensor([1, 1]).to({ device })
  parameter.requiresGrad = true
  using sums = new distributed.GradientBuckets(group, [parameter])
  sums.arm()
  parameter
    .pow(3)
    .mul(rank + 1)
    .sum()
    .backward()
  sums.finish()
  return { sum: sum.toNumbers(), sent: sent.toNumbers(), steps: [parameter.grad?.toNumbers()] }
}

/** Three samples to the first rank, one more to each next one. */
function norm(group: distributed.Group): unknown {
  const count = 3 + group.rank
  const before = (group.rank * (group.rank + 5)) / 2
  const values = Float32Array.from({ length: count * 8 }, (_, i) => Math.sin(i + before * 8) * 3)
  const input = tensor(values, { shape: [count, 2, 2, 2] })
  input.requiresGrad = true
  const layer = new nn.BatchNorm2d({ features: 2 })
  noGrad(() => layer.weight.copy_(tensor([0.5, 2])))
  layer.group = group
  const output = layer.forward(input)
  output.pow(3).sum().backward()
  group.allReduce([layer.weight, layer.bias].flatMap(({ grad }) => (grad === null ? [] : [grad])))
  return {
    output: output.toNumbers(),
    gradient: input.grad?.toNumbers(),
    ofWeight: layer.weight.grad?.toNumbers(),
    ofBias: layer.bias.grad?.toNumbers(),
    running: [...layer.runningMean.toNumbers(), ...layer.runningVar.toNumbers()],
  }
}
