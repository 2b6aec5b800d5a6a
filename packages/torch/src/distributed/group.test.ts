import { describe, expect, it } from 'vitest'
import { distributed, engine, nn, noGrad, tensor } from '../index.js'
import { type Answer, askPythonRank, askRanks, freePort } from './ranks.test.support.js'

const results = (answers: readonly (Answer | null)[]) => answers.map((answer) => answer?.result)

/** What rank `rank` of `size` has after the operations of rank.test.program.ts. */
function expectedOf(size: number) {
  const ranks = Array.from({ length: size }, (_, rank) => rank)
  const total = (of: (rank: number) => number) => ranks.reduce((sum, rank) => sum + of(rank), 0)
  return {
    wide: [total((rank) => rank + 0.25)],
    max: [size - 1, 1],
    sent: [8, 8, 8],
    gathered: { shape: [size, 2], values: ranks.flatMap((rank) => [rank, rank * rank]) },
  }
}

describe('a group of ranks', () => {
  it.each([2, 3])('reduces, sends and gathers over %d processes', async (size) => {
    const answers = results(await askRanks('reduce', size))
    for (const answer of answers) {
      expect(answer).toMatchObject(expectedOf(size))
      expect(answer).toEqual(answers[0])
    }
  })

  it('agrees with a rank of PyTorch, on sums, means, the greatest, what is sent and what is gathered', async () => {
    const port = await freePort()
    const [ours, theirs] = await Promise.all([
      askRanks('reduce', 2, { port, ranks: [0] }),
      askPythonRank(
        `
sum = reduced(torch.tensor([2, 0.1, 10.]))
wide = reduced(torch.tensor([1.25], dtype=torch.float64))
mean = reduced(torch.tensor([1., 1.])) / 2
max = reduced(torch.tensor([1., 0.]), dist.ReduceOp.MAX)
sent = torch.full((3,), 8.)
options = dist.BroadcastOptions()
options.rootRank = 1
group.broadcast([sent], options).wait()
parts = [torch.empty(2), torch.empty(2)]
group.allgather([parts], [torch.tensor([1., 1.])]).wait()
print(json.dumps({'sum': sum.double().tolist(), 'wide': wide.tolist(), 'mean': mean.tolist(), 'max': max.tolist(),
    'sent': sent.tolist(), 'gathered': {'shape': [2, 2], 'values': torch.stack(parts).flatten().tolist()}}))`,
        { rank: 1, size: 2, port },
      ),
    ])
    expect(ours[0]?.result).toEqual(theirs)
  }, 60_000)

  it('sums gradients of the last micro-batch on; a parameter that no rank used keeps none', async () => {
    const [first, second] = results(await askRanks('buckets', 2))
    expect(first).toEqual(second)
    // d/dx (scale x + scale x²) at x = 1, scales 1 and 2 in the first step, 2 and 4 in the second.
    expect(first).toEqual([
      [Array(4).fill(9), Array(4).fill(1), null],
      [Array(4).fill(18), Array(4).fill(1), null],
    ])
  })

  it('normalises as one batch norm over the joined batch', async () => {
    const answers = results(await askRanks('norm', 2))
    const values = Float32Array.from({ length: 7 * 8 }, (_, i) => Math.sin(i) * 3)
    const input = tensor(values, { shape: [7, 2, 2, 2] })
    input.requiresGrad = true
    const layer = new nn.BatchNorm2d({ features: 2 })
    noGrad(() => layer.weight.copy_(tensor([0.5, 2])))
    const output = layer.forward(input)
    output.pow(3).sum().backward()
    const joined = (key: string) =>
      answers.flatMap((answer) => Object(answer)[key]).map((value) => Number(value))
    expect(close(joined('output'), output.toNumbers())).toBe(true)
    expect(close(joined('gradient'), input.grad?.toNumbers() ?? [])).toBe(true)
    for (const answer of answers) {
      const { ofWeight, ofBias, running } = Object(answer)
      expect(close(ofWeight, layer.weight.grad?.toNumbers() ?? [])).toBe(true)
      expect(close(ofBias, layer.bias.grad?.toNumbers() ?? [])).toBe(true)
      const own = [...layer.runningMean.toNumbers(), ...layer.runningVar.toNumbers()]
      expect(close(running, own)).toBe(true)
    }
  })

  it('sums tensors of GPUs, each rank on its own where there are two, else both on one', async ({
    skip,
  }) => {
    if (!engine.cuda) skip('no GPU on this machine')
    const own = engine.devices().includes('cuda:1')
    const [first, second] = results(await askRanks('gpu', 2, { ownGpu: own }))
    expect(first).toEqual({ sum: [3, 30], sent: [7, 7], steps: [[9, 9]] })
    expect(second).toEqual(first)
  })

  it('tells the others of a rank that ends', async () => {
    const answers = await askRanks('wait', 3)
    expect(answers[2]).toBeNull()
    for (const answer of answers.slice(0, 2)) {
      expect(answer?.error?.kind).toBe('ranks')
      expect(answer?.error?.message).toMatch(/^torch: rank [01] of 3 lost the others: /)
    }
  }, 60_000)

  it('tells who did not come', async () => {
    const rendezvous = { rank: 1, size: 2, address: '127.0.0.1', timeout: 2 }
    const joining = distributed.Group.join({ ...rendezvous, port: await freePort() })
    await expect(joining).rejects.toMatchObject({ kind: 'ranks' })
    await expect(joining).rejects.toThrow(/rank 1 could not join the 2 ranks at 127\.0\.0\.1:\d+/)
  }, 60_000)

  it('refuses a rank that there is not', async () => {
    const rendezvous = { rank: 2, size: 2, address: '127.0.0.1', port: 1, timeout: 1 }
    await expect(distributed.Group.join(rendezvous)).rejects.toThrow('rank 2 of 2: expected')
  })
})

/** Within float32 rounding of the greatest. */
function close(a: readonly number[], b: readonly number[]): boolean {
  const scale = Math.max(...b.map(Math.abs), 1e-6)
  return (
    a.length === b.length && a.every((value, i) => Math.abs(value - (b[i] ?? 0)) < 2e-5 * scale)
  )
}
