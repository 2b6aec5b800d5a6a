import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configSchema } from '../config/config.js'
import { RunDirectory } from '../run/run-directory.js'
import { type PseudoLabelOrigin, pseudoLabelColumns, sha256 } from '../screen/pseudo-labels.js'
import { temporaryFolder } from '../testing/folder.js'

/** A finished run of pseudo-label with these labels by unit id. */
export function labelRun(
  labels: Readonly<Record<string, number>>,
  learnedFrom: readonly string[] = ['E1/1', 'E1/2'],
): string {
  const folder = join(temporaryFolder(), 'labels')
  const pseudoLabels = { from: ['infer'] }
  const config = configSchema.parse({ output: folder, pseudoLabels })
  using run = RunDirectory.open(folder, { verb: 'pseudo-label', config })
  const path = run.path('pseudo-labels.csv')
  const lines = Object.entries(labels).map(([unit, label]) => `${unit},,,,,HeLa,${label},,0.9,1,1`)
  writeFileSync(path, `${[pseudoLabelColumns.join(','), ...lines].join('\n')}\n`)
  const origin: PseudoLabelOrigin = {
    ...{ version: 1, screen: 'small', round: 1, table: sha256(path), rounds: [] },
    learnedFrom: [...learnedFrom],
  }
  writeFileSync(run.path('pseudo-labels.json'), JSON.stringify(origin))
  run.finish({ status: 'done', figures: {}, files: [] })
  return folder
}
