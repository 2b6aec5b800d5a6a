import { nearest } from '../nearest.js'

/** ` Did you mean "…"?` with the nearest of the names, or nothing when none is near. */
export function didYouMean(got: string, names: readonly string[]): string {
  const near = nearest(got, names)
  return near === null ? '' : ` Did you mean "${near}"?`
}
