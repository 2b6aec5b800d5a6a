import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createNetwork, loadConfig } from '@phenoprint/phenoprint'
import {
  distributed,
  manualSeed,
  nn,
  optim,
  randn,
  setThreads,
  tensor,
  tidy,
} from '@phenoprint/torch'
import { rendezvousOf } from '../lib/rendezvous.mjs'

/** One of the ranks of ours: reads how many steps, answers with the seconds of each. */

const joinedBatch = 16
const place = rendezvousOf(process.argv.slice(2))
setThreads(1)
const group = place.size > 1 ? await distributed.Group.join(place) : null
manualSeed(0)
const config = loadConfig(fileURLToPath(new URL('../train-step/network.yml', import.meta.url)))
const network = createNetwork(config.model, { channels: 6, classes: 1108 })
network.to({ memoryFormat: 'channelsLast' })
network.train()
const optimiser = new optim.Adam(network.parameters(), { learningRate: 1e-3 })
const sums = group && new distributed.GradientBuckets(group, network.parameters())
const own = joinedBatch / place.size
const images = randn([own, 6, 128, 128]).contiguous({ memoryFormat: 'channelsLast' })
const labels = tensor(BigInt64Array.from({ length: own }, (_, index) => BigInt(index)))
const statistics = [...network.namedBuffers().values()].filter(({ dtype }) => dtype === 'float32')

function step() {
  const began = performance.now()
  tidy(() => {
    const loss = nn.crossEntropy(network.forward(images), labels).div(place.size)
    optimiser.zeroGrad()
    sums?.arm()
    loss.backward()
    sums?.finish()
    optimiser.step()
    group?.allReduce(statistics, 'mean')
  })
  return (performance.now() - began) / 1000
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(Array.from({ length: Number(line) }, step)))
}
group?.leave()
