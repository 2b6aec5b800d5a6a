import { nearest } from './nearest.js'

/**
 * ` Did you mean …?` with the candidate that was probably meant, to end a message with; nothing when
 * none is near.
 *
 * @param spelling As of {@link nearest}.
 */
export function didYouMean(
  got: string,
  candidates: readonly string[],
  spelling?: (candidate: string) => string,
): string {
  const near = nearest(got, candidates, spelling)
  return near === null ? '' : ` Did you mean ${near}?`
}
