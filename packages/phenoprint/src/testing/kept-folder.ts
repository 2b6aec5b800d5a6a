import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const kept: string[] = []

/**
 * An empty folder that is there until {@link removeKeptFolders}: for what the tests of a file share,
 * and for programs that tests start.
 */
export function keptFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'phenoprint-'))
  kept.push(folder)
  return folder
}

/** To be called after all tests of a file (`afterAll`), or at the end of a program. */
export function removeKeptFolders(): void {
  for (const folder of kept.splice(0)) rmSync(folder, { recursive: true, force: true })
}
