import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { temporaryFolder, write } from '../testing/temporary.mjs'
import { usePip, writeWheel } from '../testing/wheels.mjs'
import { SetupFault } from './fault.mjs'
import { prepareOracles } from './oracles.mjs'
import { requireVenv } from './venv.mjs'

it('a virtual environment has what its list names, and is made anew only when that changes', {
  timeout: 300_000,
}, async () => {
  const folder = temporaryFolder()
  writeWheel(folder, 'peer', '1.0', { files: { 'peer.py': 'answer = 1\n' } })
  writeWheel(folder, 'peer', '2.0', { files: { 'peer.py': 'answer = 2\n' } })
  usePip({ PIP_NO_INDEX: '1', PIP_FIND_LINKS: folder })
  const requirements = write(join(folder, 'requirements.txt'), '# a peer\npeer==1.0\n')
  const request = {
    folder: join(folder, 'venv'),
    requirements,
    what: 'a test',
    systemPackages: false,
    env: {},
  }
  const answer = () =>
    execFileSync(python, ['-c', 'import peer; print(peer.answer)'], { encoding: 'utf8' }).trim()

  const python = await requireVenv(request)
  expect(answer()).toBe('1')
  const marked = write(join(folder, 'venv/marked'), '')
  await requireVenv(request)
  expect(fs.existsSync(marked)).toBe(true)

  write(requirements, 'peer==2.0\n')
  await requireVenv(request)
  expect(answer()).toBe('2')

  write(`${request.folder}.unfinished`, '')
  write(requirements, 'peer==1.0\n')
  await requireVenv(request)
  expect(answer()).toBe('1')
  expect(fs.existsSync(marked), 'one that was killed half way is begun anew').toBe(false)

  write(requirements, 'peer==3.0\n')
  await expect(requireVenv(request)).rejects.toThrow('pip could not install a test')
})

it('a virtual environment has what a line names without what that requires', {
  timeout: 300_000,
}, async () => {
  const folder = temporaryFolder()
  writeWheel(folder, 'peer', '1.0', {
    files: { 'peer.py': '' },
    requires: ['nowhere-to-be-had==9'],
  })
  usePip({ PIP_NO_INDEX: '1', PIP_FIND_LINKS: folder })
  const list = '# its files\n# without what it requires: peer==1.0\n'
  const requirements = write(join(folder, 'requirements.txt'), list)
  const request = {
    folder: join(folder, 'venv'),
    requirements,
    what: 'a test',
    systemPackages: false,
    env: {},
  }
  execFileSync(await requireVenv(request), ['-c', 'import peer'])
  write(requirements, 'peer==1.0\n')
  await expect(requireVenv(request)).rejects.toThrow('pip could not install a test')
})

it('oracles that cannot be had fail where CI is set, and are said elsewhere', async () => {
  const make = async () => {
    throw new SetupFault('no Python 3.11 or newer')
  }
  await expect(
    prepareOracles({ systemPackages: false, env: { CI: 'true' }, make }),
  ).rejects.toThrow('no Python')
  const words = vi.spyOn(console, 'error').mockReturnValue(undefined)
  try {
    await prepareOracles({ systemPackages: false, env: {}, make })
    expect(words).toHaveBeenCalledOnce()
    expect(String(words.mock.calls[0][0])).toMatch(
      /no oracles: the tests that compare with Python packages will fail\nsetup: no Python/,
    )
  } finally {
    words.mockRestore()
  }
})
