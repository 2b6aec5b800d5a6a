import { join } from 'node:path'
import { SetupFault } from './fault.mjs'
import { libtorchCures } from './libtorch.mjs'
import { lastLines, run } from './run.mjs'

/**
 * Loads the engine in a process of its own and adds two tensors: what no check of files can tell,
 * such as a library that libtorch itself lacks, or an instruction that this processor does not have.
 *
 * @param {string} root the repository.
 * @param {import('./libtorch.mjs').Libtorch} libtorch
 * @throws {SetupFault}
 */
export async function probeEngine(root, libtorch) {
  const outcome = await run(process.execPath, [join(root, 'scripts/setup/probe-child.mjs')])
  if (outcome.code === 0) return
  const signalled = outcome.code > 128 ? ` (ended by signal ${outcome.code - 128})` : ''
  throw new SetupFault(
    `libtorch ${libtorch.version} at ${libtorch.root} (${libtorch.from}) does not work here${signalled}`,
    {
      details: lastLines(outcome.output, 6),
      cures: libtorchCures,
    },
  )
}
