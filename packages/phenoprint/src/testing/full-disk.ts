import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from './folder.js'

/** What a program did. */
export interface Outcome {
  readonly stdout: string
  readonly stderr: string
  readonly code: number | null
}

/** What `sh` ends with when it may not mount. */
const mayNotMount = 99

/**
 * Runs Node while `folder` is a memory disk of 256 KiB that only it and its children see. The
 * administrator may mount one, others often inside a user namespace of their own; where neither is
 * allowed, writes fail as on a full disk instead (see `imitate-full-disk.ts`), which is said.
 *
 * @param words What follows `node` on the command line.
 */
export function nodeOnSmallDisk(folder: string, words: readonly string[]): Outcome {
  const script = `mount -t tmpfs -o size=256k tmpfs "$0" || exit ${mayNotMount}; exec "$@"`
  const command = ['--mount', 'sh', '-c', script, folder, process.execPath, ...words]
  for (const rights of [[], ['--user', '--map-root-user']]) {
    const run = spawnSync('unshare', [...rights, ...command], { encoding: 'utf8' })
    const mounted = run.error === undefined && !/^(unshare|mount): /m.test(run.stderr)
    if (mounted && run.status !== mayNotMount) return outcome(run)
  }
  console.warn('test: no right to mount a small disk here, so a full one is imitated')
  const imitation = new URL('./imitate-full-disk.js', import.meta.url).href
  const run = spawnSync(process.execPath, ['--import', imitation, ...words], { encoding: 'utf8' })
  return outcome(run)
}

/** Runs a module in which `folder` is the small disk and `files` the module `run/files.js`. */
export function onFullDisk(module: string): Outcome {
  const folder = temporaryFolder()
  const files = fileURLToPath(new URL('../run/files.js', import.meta.url))
  const head = `const folder = ${JSON.stringify(folder)}, files = ${JSON.stringify(files)};`
  return nodeOnSmallDisk(folder, ['--input-type=module', '-e', `${head}\n${module}`])
}

function outcome({ stdout, stderr, status }: ReturnType<typeof spawnSync>): Outcome {
  return { stdout: String(stdout), stderr: String(stderr), code: status }
}
