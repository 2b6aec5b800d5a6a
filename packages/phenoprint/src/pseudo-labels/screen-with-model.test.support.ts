import { join } from 'node:path'
import { screenWithRun } from '../assignment/assigned-screen.test.support.js'
import { configSchema } from '../config/config.js'
import { RunDirectory } from '../run/run-directory.js'

/** What the trainings of these tests hold out. */
export const split = { validation: { HUVEC: ['HUVEC-06'], U2OS: ['U2OS-04'] } }

/** A finished training, without a network. */
export function writeTraining(folder: string, rest: object = {}): void {
  const config = configSchema.parse({ output: folder, split, seed: 7, ...rest })
  using run = RunDirectory.open(folder, { verb: 'train', config })
  run.record({ data: 'digest' })
  run.finish({ status: 'done', figures: {}, files: [] })
}

/** Tables of a screen, a run of infer, and the training behind it. */
export function screenWithModel(accuracy = 0.6): string {
  const folder = screenWithRun(accuracy)
  writeTraining(join(folder, 'infer-training'))
  return folder
}
