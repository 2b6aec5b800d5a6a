import fs from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { temporaryFolder } from '../testing/temporary.mjs'
import { prepareCluster } from './cluster.mjs'

/** @type {string[][]} */
const installed = []
afterEach(() => {
  installed.length = 0
})
/** @param {string[]} packages */
const install = async (packages) => {
  installed.push(packages)
}

/** @param {string[]} names */
function folderWith(...names) {
  const folder = temporaryFolder()
  for (const name of names) fs.writeFileSync(join(folder, name), '', { mode: 0o755 })
  return folder
}

it('installs Slurm, munge and iproute2 with --system-packages where a part is missing', async () => {
  const context = { systemPackages: true, env: { PATH: folderWith('sbatch', 'munged') }, install }
  await prepareCluster({ ...context, daemons: folderWith('slurmd', 'ip') })
  await prepareCluster({ ...context, daemons: folderWith('slurmd') })
  expect(installed).toEqual([
    ['slurm-wlm', 'munge'],
    ['slurm-wlm', 'munge', 'iproute2'],
  ])
})

it('is content with those that are there, daemons outside of the path too', async () => {
  const context = { systemPackages: true, env: { PATH: folderWith('sbatch'), CI: 'true' }, install }
  await prepareCluster({ ...context, daemons: folderWith('munged', 'slurmctld', 'slurmd', 'ip') })
  expect(installed).toEqual([])
})

it('fails without them in CI, and names the cures; elsewhere goes on', async () => {
  const context = { systemPackages: false, daemons: folderWith('slurmd'), install }
  const env = { PATH: temporaryFolder() }
  await expect(prepareCluster({ ...context, env: { ...env, CI: 'true' } })).rejects.toThrow(
    'there is no munged, slurmctld, sbatch, ip',
  )
  await prepareCluster({ ...context, env })
  expect(installed).toEqual([])
})
