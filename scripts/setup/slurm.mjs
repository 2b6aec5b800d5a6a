import { findProgram } from './browser-path.mjs'
import { describeFault, SetupFault } from './fault.mjs'
import { say } from './say.mjs'
import { installSystemPackages } from './system-packages.mjs'

/** Where daemons lie, and an ordinary user's path does not lead. */
const daemonFolders = '/usr/sbin:/usr/local/sbin'

/**
 * Slurm and munge, which the tests of pipelines on a cluster start by themselves: the system's,
 * installed only with `--system-packages`. With `CI` set missing ones are a failure; elsewhere it is
 * said once, and the tests that need them fail by themselves.
 *
 * @param {object} context
 * @param {boolean} context.systemPackages
 * @param {NodeJS.ProcessEnv} [context.env]
 * @param {string} [context.daemons] folders of daemons, besides the path.
 * @param {typeof installSystemPackages} [context.install]
 * @throws {SetupFault} with `CI` set.
 */
export async function prepareSlurm({
  systemPackages,
  env = process.env,
  daemons = daemonFolders,
  install = installSystemPackages,
}) {
  const where = { ...env, PATH: `${env.PATH ?? ''}:${daemons}` }
  const missing = ['munged', 'slurmctld', 'slurmd', 'sbatch'].filter(
    (name) => !findProgram([name], where),
  )
  if (missing.length === 0) return
  try {
    if (!systemPackages) {
      throw new SetupFault(
        `no Slurm for the tests of clusters: there is no ${missing.join(', ')}`,
        {
          cures: [
            'apt-get install slurm-wlm munge',
            'npm test -- --system-packages, which does that',
          ],
        },
      )
    }
    await install(['slurm-wlm', 'munge'], 'the cluster that tests of pipelines start')
  } catch (error) {
    if (env.CI || !(error instanceof SetupFault)) throw error
    say(describeFault(error))
  }
}
