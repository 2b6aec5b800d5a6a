import os from 'node:os'
import { fileURLToPath } from 'node:url'
import { createNetwork, loadConfig } from '@phenoprint/phenoprint'
import { autocast, fused, manualSeed, nn, randn, setThreads, tensor, tidy } from '@phenoprint/torch'
import { compare, publish } from '../lib/report.mjs'
import { median, rounded } from '../lib/statistics.mjs'
import { boundOf, passDemands } from './bounds.mjs'
import { machineRates } from './machine-rates.mjs'

/**
 * Forward and backward pass of EfficientNet-B0, 16 x 6 x 256 x 256: fused blocks beside the operators
 * of the same libtorch, called from the same process in turn. Prints the passes of the fused blocks,
 * and the least time that this machine could take for each.
 */

const runs = 7
const batch = { samples: 16, channels: 6, side: 256 }
const file = fileURLToPath(new URL('../train-step/network.yml', import.meta.url))
setThreads(os.availableParallelism())
manualSeed(0)
const [ours, stock] = ['fused', 'stock'].map((kernels) => {
  const { model } = loadConfig(file, { set: [`model.kernels=${kernels}`] })
  const network = createNetwork(model, { channels: batch.channels, classes: 1108 })
  network.to({ memoryFormat: 'channelsLast' })
  return network
})
const images = randn([batch.samples, batch.channels, batch.side, batch.side]).contiguous({
  memoryFormat: 'channelsLast',
})
const labels = tensor(BigInt64Array.from({ length: batch.samples }, (_, index) => BigInt(index)))

/**
 * @param {typeof ours} network
 * @param {string} precision
 * @returns {{ forward: number, backward: number }} milliseconds.
 */
function step(network, precision) {
  return tidy(() => {
    for (const parameter of network.parameters()) parameter.grad = null
    const began = performance.now()
    const logits = autocast({ dtype: 'bfloat16', enabled: precision === 'bf16' }, () =>
      network.forward(images),
    )
    const loss = nn.crossEntropy(logits.to({ dtype: 'float32' }), labels)
    const middle = performance.now()
    loss.backward()
    return { forward: middle - began, backward: performance.now() - middle }
  })
}

/** @type {Record<string, import('../lib/report.mjs').Case>} */
const cases = {}
/** @type {Record<string, number>} */
const passes = {}
/** @type {Record<string, number>} */
const bounds = {}
for (const precision of /** @type {const} */ (['fp32', 'bf16'])) {
  step(ours, precision)
  step(stock, precision)
  const forward = { ours: /** @type {number[]} */ ([]), peer: /** @type {number[]} */ ([]) }
  const backward = { ours: /** @type {number[]} */ ([]), peer: /** @type {number[]} */ ([]) }
  /** @type {Map<string, number>[]} */
  const timed = []
  for (let run = 0; run < runs; run++) {
    timed.push(
      fused.timePasses(() => {
        const own = step(ours, precision)
        forward.ours.push(own.forward)
        backward.ours.push(own.backward)
      }),
    )
    const other = step(stock, precision)
    forward.peer.push(other.forward)
    backward.peer.push(other.backward)
  }
  cases[`${precision}/forward`] = forward
  cases[`${precision}/backward`] = backward
  const machine = machineRates(precision)
  const demands = passDemands({ ...batch, valueBytes: precision === 'bf16' ? 2 : 4 })
  for (const name of timed[0].keys()) {
    const pass = `${precision}/${name}`
    passes[pass] = rounded(1000 * median(timed.map((times) => times.get(name) ?? 0)), 3)
    const demand = demands.get(name)
    const bound = demand && boundOf(demand, machine)
    if (bound) bounds[pass] = rounded(bound.milliseconds, 3)
    process.stderr.write(
      `  ${pass}: ${passes[pass]} ms${bound ? `, at least ${bounds[pass]} ms by ${bound.by}` : ''}\n`,
    )
  }
  for (const [rate, perSecond] of Object.entries(machine)) {
    process.stderr.write(
      `  ${precision}: ${rounded(perSecond / 1e9, 3)} billion ${rate} a second\n`,
    )
  }
}
publish({ ...compare({ bench: 'kernels', cases, unit: 'ms', better: 'lower' }), passes, bounds })
