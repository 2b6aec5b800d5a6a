import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/setup/paths.mjs'

const name = 'libjemalloc.so.2'
const systemFolders = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib64',
  '/usr/lib',
]

/**
 * The environment of a program under jemalloc with transparent huge pages, the usual tuning of PyTorch
 * on a CPU. Where the library is missing, Debian's package is fetched and unpacked in the cache.
 *
 * @returns {Record<string, string>}
 */
export function jemallocEnvironment() {
  return {
    LD_PRELOAD: findLibrary(),
    MALLOC_CONF:
      'oversize_threshold:1,background_thread:true,metadata_thp:auto,dirty_decay_ms:-1,muzzy_decay_ms:-1,thp:always',
  }
}

function findLibrary() {
  const installed = systemFolders.map((folder) => join(folder, name)).find(fs.existsSync)
  if (installed !== undefined) return installed
  const folder = join(root, '.cache/jemalloc')
  const find = () =>
    fs.existsSync(folder)
      ? fs
          .readdirSync(folder, { recursive: true, encoding: 'utf8' })
          .find((path) => path.endsWith(name))
      : undefined
  if (find() === undefined) {
    fs.mkdirSync(folder, { recursive: true })
    execFileSync('apt-get', ['download', 'libjemalloc2'], { cwd: folder, stdio: 'ignore' })
    const [archive] = fs.readdirSync(folder).filter((file) => file.endsWith('.deb'))
    execFileSync('dpkg-deb', ['-x', archive, '.'], { cwd: folder })
  }
  const path = find()
  if (path === undefined) throw new Error(`the package libjemalloc2 has no ${name}`)
  return join(folder, path)
}
