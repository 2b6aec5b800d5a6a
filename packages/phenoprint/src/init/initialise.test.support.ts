import { join } from 'node:path'
import { loadConfig } from '../config/load.js'
import { type Reporter, silentReporter, type VerbResult } from '../run/reporter.js'
import { preprocess } from '../store/preprocess.js'
import { temporaryFolder } from '../testing/folder.js'
import { train } from '../training/train.js'
import { type InitRequest, init } from './init.js'

const first: InitRequest['ask'] = async (columns) => columns[0] ?? null

/** What init said and wrote of a folder. */
export interface Answer extends VerbResult {
  readonly said: string
  readonly configs: string
}

/** Runs init, with what it says kept. */
export async function initialised(
  folder: string,
  request: Partial<InitRequest> = {},
): Promise<Answer> {
  const configs = request.output ?? join(temporaryFolder(), 'configs')
  const lines: string[] = []
  const reporter: Reporter = { ...silentReporter, say: (line) => lines.push(line) }
  const whole = { folder, output: configs, label: null, ask: first, ...request }
  const result = await init(whole, reporter)
  return { ...result, said: lines.join('\n'), configs }
}

/** Runs preprocess and an epoch of training as the files say, but for where they write. */
export async function accepted({
  configs,
}: Answer): Promise<{ store: string; trained: VerbResult }> {
  const work = temporaryFolder()
  const store = join(work, 'store')
  const set = [`store.path=${store}`, `output=${join(work, 'run')}`, 'training.epochs=1']
  await preprocess(loadConfig(join(configs, 'preprocess.yml'), { set }), silentReporter)
  const trained = await train(loadConfig(join(configs, 'train.yml'), { set }), silentReporter)
  return { store, trained }
}
