import type { Reporter, VerbResult } from '../run/reporter.js'
import type { Plan, Stage } from './plan.js'
import { StageError } from './stage-error.js'
import { loadVerb, type Verb, type VerbName } from './verbs.js'

/**
 * Runs the stages of a plan in order. A stage that was finished before is passed over with a word;
 * the first that fails stops the run.
 *
 * @param load Gets the function of a verb.
 * @returns figures `{stages: [{verb, file, status, figures}]}` and the files of all stages.
 * @throws {StageError} naming the stage and its file, with the exit code of what it failed of.
 */
export async function run(
  plan: Plan,
  reporter: Reporter,
  load: (name: VerbName) => Promise<Verb> = loadVerb,
): Promise<VerbResult> {
  const results: VerbResult[] = []
  for (const [index, stage] of plan.stages.entries()) {
    const title = `stage ${index + 1} of ${plan.stages.length}, ${stage.verb} (${stage.file})`
    results.push(await runStage(stage, title, reporter, load))
  }
  const stages = plan.stages.map(({ verb, file }, index) => {
    const { status, figures } = results[index] ?? { status: 'done', figures: {} }
    return { verb, file, status, figures }
  })
  const idle = results.every(({ status }) => status === 'already done')
  return {
    status: idle ? 'already done' : 'done',
    figures: { stages },
    files: [...new Set(results.flatMap(({ files }) => files))],
  }
}

async function runStage(
  { verb, file, config }: Stage,
  title: string,
  reporter: Reporter,
  load: (name: VerbName) => Promise<Verb>,
): Promise<VerbResult> {
  try {
    reporter.signal.throwIfAborted()
    reporter.say(title)
    reporter.event({ type: 'stage', verb, file })
    const result = await (await load(verb))(config, reporter)
    if (result.status === 'already done') reporter.say(`${title}: was done already`)
    return result
  } catch (cause) {
    throw new StageError(title, cause)
  }
}
