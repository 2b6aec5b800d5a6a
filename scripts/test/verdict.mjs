/** @typedef {import('./summary-reporter.mjs').TestSummary} TestSummary */

/** What a test may lack and be left out for, with a word; everything else has to be there. */
const excuses = /\b(GPU|CUDA|data folder|native path not built)\b/i

/**
 * What to print at the end of a test run, and its exit code.
 *
 * A skipped test says why with `context.skip('no GPU on this machine')`, or in brackets in its
 * name: `it.skipIf(…)('reads real plates (needs the data folder)', …)`.
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
    /** @type {Map<string, number>} */
    const counts = new Map()
    for (const test of skipped) {
      const excuse = excuseOf(test)
      if (excuse !== undefined) counts.set(excuse, (counts.get(excuse) ?? 0) + 1)
      else {
        lines.push(`skipped without leave: ${test.name} (${test.reason || 'no reason given'})`)
        failed += 1
      }
    }
    for (const [excuse, count] of counts) lines.push(`skipped ${count}: ${excuse}`)
  }
  if (passed + failed === 0) lines.push('no test was run')
  lines.push(
    `${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`,
  )
  return { lines, exitCode: failed > 0 || passed === 0 ? 1 : 0 }
}

/**
 * @param {TestSummary['skipped'][number]} test
 * @returns {string | undefined} undefined when it has none that counts.
 */
function excuseOf({ name, reason }) {
  const inName = [...name.matchAll(/\(([^()]*)\)/g)].map(([, words]) => words)
  return [reason, ...inName].find((words) => excuses.test(words))
}
