import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isHeld, readProvenance, screenFile } from '@phenoprint/phenoprint/serving'
import type { Contents, ListedRun } from '../api/contents.js'
import type { ServedFolder } from './served-folder.js'

/** Folders that are looked into, and how deep: a folder of a million images must not hold up the page. */
const most = { folders: 5000, depth: 8 } as const

/** Folders in which nobody makes runs or stores. */
const passedOver = /^(\.|node_modules$|checkpoints$|predictions$|pictures$)|\.(zarr|ozx)$/i

/** Runs and stores below the served folder, by path. Links to folders are not followed. */
export async function discover(folder: ServedFolder): Promise<Contents> {
  const runs: ListedRun[] = []
  const stores: { readonly path: string }[] = []
  let waiting = [folder.root]
  let seen = 0
  for (let depth = 0; depth <= most.depth && waiting.length > 0; depth++) {
    const below: string[] = []
    for (const path of waiting.slice(0, most.folders - seen)) {
      seen++
      const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
      const names = new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name))
      if (names.has(screenFile)) {
        stores.push({ path: folder.addressOf(path) })
        continue
      }
      const run = names.has('provenance.json') ? listedRun(folder, path) : null
      if (run !== null) runs.push(run)
      for (const entry of entries) {
        if (entry.isDirectory() && !passedOver.test(entry.name)) below.push(join(path, entry.name))
      }
    }
    waiting = below
  }
  const byPath = (a: { readonly path: string }, b: { readonly path: string }) =>
    a.path.localeCompare(b.path, 'en', { numeric: true })
  const cut = seen >= most.folders
  return {
    folder: basename(folder.root),
    runs: runs.sort(byPath),
    stores: stores.sort(byPath),
    cut,
  }
}

/** What a folder says of itself as a run; null where it is none. */
export function listedRun(folder: ServedFolder, path: string): ListedRun | null {
  try {
    const { verb, sessions } = readProvenance(path)
    const state = existsSync(join(path, 'result.json'))
      ? 'finished'
      : isHeld(join(path, 'lock'))
        ? 'running'
        : 'stopped'
    return { path: folder.addressOf(path), verb, state, started: sessions[0]?.started ?? '' }
  } catch {
    return null
  }
}
