import { loadConfig, silentReporter } from '@phenoprint/phenoprint'
import { memory } from '@phenoprint/torch'
// In this thread, whose tensors can be counted.
import { trainHere } from '../../packages/phenoprint/dist/training/train-here.js'

// A process to be measured: trains by a recipe as the arguments change it, and prints what each step held.
const [path = '', ...set] = process.argv.slice(2)
const [resident, tensors] = [/** @type {number[]} */ ([]), /** @type {number[]} */ ([])]
/** @type {(number | undefined)[]} */
const losses = []
/** @type {import('@phenoprint/phenoprint').Reporter} */
const reporter = {
  ...silentReporter,
  // Images are counted a batch at a time, by training alone; the note tells the epoch's mean so far.
  progress: (_label, _total, unit) => {
    let [sum, images] = [0, 0]
    return {
      advance: (count, note = '') => {
        if (unit !== 'images' || count === 0) return
        const mean = Number(/loss (\S+)/.exec(note)?.[1])
        losses.push((mean * (images + count) - sum) / count)
        images += count
        sum = mean * images
        resident.push(process.memoryUsage.rss())
        tensors.push(memory.live().tensors)
      },
      done: () => {},
    }
  },
}
const started = performance.now()
await trainHere(loadConfig(path, { set }), reporter)
const seconds = (performance.now() - started) / 1000
console.log(JSON.stringify({ losses, resident, tensors, seconds }))
