import fs from 'node:fs'
import { join } from 'node:path'
import { configSchema } from '../../packages/phenoprint/dist/config/config.js'
import { callColumns } from '../../packages/phenoprint/dist/prediction/calls.js'
import { RunDirectory } from '../../packages/phenoprint/dist/run/run-directory.js'

/** Wells that the run called. */
export const count = 1000

/**
 * A finished run with a table of calls and nothing else.
 *
 * @param {string} output
 */
export function calledRun(output) {
  if (fs.existsSync(join(output, 'result.json'))) return
  fs.rmSync(output, { recursive: true, force: true })
  const run = RunDirectory.open(output, { verb: 'infer', config: configSchema.parse({ output }) })
  const rows = Array.from({ length: count }, (_, i) => {
    const well = `${String.fromCharCode(66 + (i % 14))}${String(2 + (i % 22)).padStart(2, '0')}`
    const plate = String(1 + (i % 4))
    /** @type {Record<string, string>} */
    const cells = {
      ...{ split: 'test', experiment: 'HUVEC-01', plate, well, cellType: 'HUVEC' },
      ...{ unit: `HUVEC-01/${plate}/${well}/${i}`, call: String(i % 24), label: String(i % 23) },
      ...{ callName: `class ${i % 24}`, labelName: `class ${i % 23}` },
      ...{ probability: String((i % 97) / 97), outcome: i % 24 === i % 23 ? 'right' : 'wrong' },
    }
    return callColumns.map((name) => cells[name] ?? '').join(',')
  })
  fs.writeFileSync(join(output, 'calls.csv'), `${[callColumns.join(','), ...rows].join('\n')}\n`)
  run.finish({ status: 'done', figures: {}, files: [] })
  run.close()
}
