import { createInterface } from 'node:readline'
import { distributed, randn, setThreads } from '@phenoprint/torch'
import { rendezvousOf } from '../lib/rendezvous.mjs'

/** One of two ranks: reads how many floats, answers with the milliseconds of ten sums. */

setThreads(1)
const group = await distributed.Group.join(rendezvousOf(process.argv.slice(2)))
for await (const line of createInterface({ input: process.stdin })) {
  const values = randn([Number(line)])
  const taken = Array.from({ length: 10 }, () => {
    const began = performance.now()
    group.allReduce([values], 'mean')
    return performance.now() - began
  })
  console.log(JSON.stringify(taken))
}
group.leave()
