import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const names = ['chromium', 'chromium-browser', 'google-chrome']

/**
 * The Chromium that tests of pages drive: the one of `PHENOPRINT_CHROMIUM`, or the system's.
 *
 * @throws {Error} when there is none: such tests fail, they are not skipped.
 */
export function findBrowser(): string {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const paths = [
    ...(process.env.PHENOPRINT_CHROMIUM ? [process.env.PHENOPRINT_CHROMIUM] : []),
    ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
  ]
  const found = paths.find(isProgram)
  if (found !== undefined) return found
  throw new Error(
    `no Chromium for the tests of pages: looked for ${names.join(', ')} on the PATH. Install it (apt-get install chromium), run npm test -- --system-packages, or name one with PHENOPRINT_CHROMIUM.`,
  )
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
