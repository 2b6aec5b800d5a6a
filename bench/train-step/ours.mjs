import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createNetwork, loadConfig } from '@phenoprint/phenoprint'
import { autocast, manualSeed, nn, optim, randn, setThreads, tensor, tidy } from '@phenoprint/torch'

/**
 * Our side of a training step: as peer.py, it reads `precision steps` and answers with the seconds.
 */

const { values } = parseArgs({
  options: {
    variant: { type: 'string', default: 'b0' },
    activation: { type: 'string', default: 'silu' },
    threads: { type: 'string', default: '2' },
  },
})
setThreads(Number(values.threads))
manualSeed(0)
const set = [
  `model.architecture=efficientnet-${values.variant}`,
  `model.activation=${values.activation}`,
]
const config = loadConfig(fileURLToPath(new URL('network.yml', import.meta.url)), { set })
const network = createNetwork(config.model, { channels: 6, classes: 1108 })
network.to({ memoryFormat: 'channelsLast' })
network.train()
const optimiser = new optim.Adam(network.parameters(), { learningRate: 1e-3 })
const images = randn([16, 6, 256, 256]).contiguous({ memoryFormat: 'channelsLast' })
const labels = tensor(BigInt64Array.from({ length: 16 }, (_, index) => BigInt(index)))

/** @param {string} precision */
function step(precision) {
  const began = performance.now()
  tidy(() => {
    const logits = autocast({ dtype: 'bfloat16', enabled: precision === 'bf16' }, () =>
      network.forward(images),
    )
    const loss = nn.crossEntropy(logits.to({ dtype: 'float32' }), labels)
    optimiser.zeroGrad()
    loss.backward()
    optimiser.step()
  })
  return (performance.now() - began) / 1000
}

for await (const line of createInterface({ input: process.stdin })) {
  const [precision = '', steps = ''] = line.split(' ')
  console.log(JSON.stringify(Array.from({ length: Number(steps) }, () => step(precision))))
}
