/** @typedef {import('./summary-reporter.mjs').TestSummary} TestSummary */

/** What a test may lack and be left out for, with a word; everything else has to be there. */
const excuses = /\b(GPU|CUDA|data folder)\b/i

/**
 * What to print at the end of a test run, and its exit code.
 *
 * @param {TestSummary | undefined} summary undefined when the run ended without one.
 * @param {boolean} whole every test was asked for, so that each skip has to say why.
 * @returns {{ lines: string[], exitCode: number }} the last line is `N passed, N failed[, N skipped]`.
 */
export function verdict(summary, whole) {
  if (summary === undefined)
    return { lines: ['the tests ended without a result', '0 passed, 1 failed'], exitCode: 1 }
  const { passed, skipped } = summary
  const lines = []
  let failed = summary.failed
  if (whole) {
    for (const { name, reason } of skipped) {
      if (excuses.test(reason)) continue
      lines.push(
        `skipped without leave: ${name}${reason === '' ? ' (no reason given)' : ` (${reason})`}`,
      )
      failed += 1
    }
    for (const [reason, count] of countReasons(skipped)) lines.push(`skipped ${count}: ${reason}`)
  }
  if (passed + failed === 0) lines.push('no test was run')
  lines.push(
    `${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`,
  )
  return { lines, exitCode: failed > 0 || passed === 0 ? 1 : 0 }
}

/** @param {TestSummary['skipped']} skipped */
function countReasons(skipped) {
  /** @type {Map<string, number>} */
  const counts = new Map()
  for (const { reason } of skipped)
    if (excuses.test(reason)) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return counts
}
