import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Config } from '../config/config.js'
import type { ThreadedVerb } from './messages.js'

const program = fileURLToPath(new URL('./train.test.program.js', import.meta.url))

/**
 * Runs a verb in another process and kills it with SIGKILL once it has seen so many images.
 *
 * @returns Whether it was killed before it had finished.
 */
export async function killAfter(
  images: number,
  verb: ThreadedVerb,
  config: Config,
): Promise<boolean> {
  const child = fork(program)
  let seen = 0
  child.on('message', (count) => {
    seen += Number(count)
    if (seen >= images) child.kill('SIGKILL')
  })
  child.send({ verb, config })
  const [, signal] = await once(child, 'exit')
  return signal === 'SIGKILL'
}
