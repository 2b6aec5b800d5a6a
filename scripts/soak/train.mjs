import { loadConfig, silentReporter, train } from '@phenoprint/phenoprint'
import { memory } from '@phenoprint/torch'

// A process to be measured: trains as a configuration says, and prints what it held after each step.
const [resident, reserved] = [/** @type {number[]} */ ([]), /** @type {number[]} */ ([])]
/** @type {import('@phenoprint/phenoprint').Reporter} */
const reporter = {
  ...silentReporter,
  // Images are counted a batch at a time, by training alone.
  progress: (_label, _total, unit) => ({
    advance: () => {
      if (unit !== 'images') return
      resident.push(process.memoryUsage.rss())
      reserved.push(memory.allocator().reserved)
    },
    done: () => {},
  }),
}
await train(loadConfig(process.argv[2] ?? ''), reporter)
console.log(JSON.stringify({ resident, reserved }))
