import { findProgram } from './browser-path.mjs'
import { describeFault, SetupFault } from './fault.mjs'
import { say } from './say.mjs'
import { installSystemPackages } from './system-packages.mjs'

/** Where daemons lie, and an ordinary user's path does not lead. */
const daemonFolders = '/usr/sbin:/usr/local/sbin'

/** Of each package of the system: the programs that tests start, and what for. */
const parts = [
  { programs: ['munged', 'slurmctld', 'slurmd', 'sbatch'], packages: ['slurm-wlm', 'munge'] },
  { programs: ['ip'], packages: ['iproute2'] },
]

/**
 * Slurm, munge and iproute2, with which tests make clusters and networks by themselves: the system's,
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
export async function prepareCluster({
  systemPackages,
  env = process.env,
  daemons = daemonFolders,
  install = installSystemPackages,
}) {
  const where = { ...env, PATH: `${env.PATH ?? ''}:${daemons}` }
  const missing = (/** @type {string[]} */ programs) =>
    programs.filter((name) => !findProgram([name], where))
  const wanted = parts.filter(({ programs }) => missing(programs).length > 0)
  if (wanted.length === 0) return
  const packages = wanted.flatMap((part) => part.packages)
  try {
    if (!systemPackages) {
      const names = wanted.flatMap(({ programs }) => missing(programs))
      throw new SetupFault(`no cluster for the tests: there is no ${names.join(', ')}`, {
        cures: [
          `apt-get install ${packages.join(' ')}`,
          'npm test -- --system-packages, which does that',
        ],
      })
    }
    await install(packages, 'the cluster that tests make')
  } catch (error) {
    if (env.CI || !(error instanceof SetupFault)) throw error
    say(describeFault(error))
  }
}
