import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

/**
 * The same with onnxruntime-node, which comes with a library of its own: fp32 alone, for its CPU
 * kernels have no bfloat16.
 */

const { values } = parseArgs({
  options: {
    packages: { type: 'string', default: '' },
    model: { type: 'string', default: '' },
    threads: { type: 'string', default: '2' },
  },
})
/** @type {any} its types are not installed here. */
const ort = createRequire(`${values.packages}/package.json`)('onnxruntime-node')
const session = await ort.InferenceSession.create(values.model, {
  intraOpNumThreads: Number(values.threads),
  graphOptimizationLevel: 'all',
})
const pixels = Float32Array.from(
  { length: 16 * 6 * 256 * 256 },
  (_, i) => ((i * 7919) % 1000) / 500 - 1,
)
const images = new ort.Tensor('float32', pixels, [16, 6, 256, 256])

for await (const line of createInterface({ input: process.stdin })) {
  const [, batches = ''] = line.split(' ')
  const seconds = []
  for (let batch = 0; batch < Number(batches); batch++) {
    const began = performance.now()
    await session.run({ images })
    seconds.push((performance.now() - began) / 1000)
  }
  console.log(JSON.stringify(seconds))
}
