import { createInterface } from 'node:readline'
import { aten, noGrad, ones, setThreads, tidy } from '@phenoprint/torch'

/**
 * Our side: reads the name of a call from standard input, makes it 20,000 times on tensors of four
 * numbers, and answers with the microseconds a call took, what frees the result included.
 */

const calls = 20_000
setThreads(1)
const a = ones([4])
const b = ones([4])
/** @type {Record<string, () => unknown>} */
const work = {
  add: () => aten.add(a, b),
  'mul-number': () => a.mul(2),
  'in-place': () => a.mul_(1),
  view: () => a.view([2, 2]),
  sum: () => a.sum(),
}

for await (const name of createInterface({ input: process.stdin })) {
  const call = work[name]
  const began = performance.now()
  noGrad(() => {
    // Freed a hundred at a time, as the temporaries of a training step are.
    for (let i = 0; i < calls; i += 100)
      tidy(() => {
        for (let j = 0; j < 100; j++) call()
      })
  })
  console.log(JSON.stringify([((performance.now() - began) * 1000) / calls]))
}
