import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createNetwork, loadConfig } from '@phenoprint/phenoprint'
import { manualSeed, noGrad, randn, setThreads, tidy } from '@phenoprint/torch'

/**
 * Our side: reads `precision batches` from standard input and answers with the seconds of each batch.
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
const file = fileURLToPath(new URL('../train-step/network.yml', import.meta.url))
const network = createNetwork(loadConfig(file, { set }).model, { channels: 6, classes: 1108 })
const compiled = new Map([
  ['fp32', network.compileForInference('fp32')],
  ['bf16', network.compileForInference('bf16')],
])
network.dispose()
const images = randn([16, 6, 256, 256]).contiguous({ memoryFormat: 'channelsLast' })

/** @param {string} precision */
function classify(precision) {
  const began = performance.now()
  noGrad(() => tidy(() => compiled.get(precision)?.forward(images)))
  return (performance.now() - began) / 1000
}

for await (const line of createInterface({ input: process.stdin })) {
  const [precision = '', batches = ''] = line.split(' ')
  console.log(JSON.stringify(Array.from({ length: Number(batches) }, () => classify(precision))))
}
