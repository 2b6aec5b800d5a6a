import { writeSync } from 'node:fs'
import type { LoadHook } from 'node:module'

/** Called by Node for each module. */
export const load: LoadHook = (url, context, next) => {
  writeSync(2, `loaded ${url}\n`)
  return next(url, context)
}
