import fs from 'node:fs'

/**
 * What a test run came to, as `npm test` reads it.
 *
 * @typedef {object} TestSummary
 * @property {number} passed
 * @property {number} failed tests, files that could not be loaded, and errors outside any test.
 * @property {{ name: string, reason: string }[]} skipped `reason` is empty when none was given.
 */

/**
 * A vitest reporter that writes a summary to the file that `PHENOPRINT_TEST_SUMMARY` names.
 * A test gives its reason with `context.skip('no GPU on this machine')`.
 */
export default class SummaryReporter {
  /**
   * @param {ReadonlyArray<import('vitest/node').TestModule>} modules
   * @param {ReadonlyArray<unknown>} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const path = process.env.PHENOPRINT_TEST_SUMMARY
    if (path === undefined) throw new Error('PHENOPRINT_TEST_SUMMARY names no file for the summary')
    fs.writeFileSync(path, JSON.stringify(summarise(modules, unhandledErrors.length)))
  }
}

/**
 * @param {ReadonlyArray<import('vitest/node').TestModule>} modules
 * @param {number} strayErrors
 * @returns {TestSummary}
 */
function summarise(modules, strayErrors) {
  /** @type {TestSummary} */
  const summary = { passed: 0, failed: strayErrors, skipped: [] }
  for (const module of modules) {
    let failedHere = 0
    for (const test of module.children.allTests()) {
      const result = test.result()
      if (result.state === 'passed') summary.passed += 1
      else if (result.state === 'skipped')
        summary.skipped.push({
          name: `${module.relativeModuleId} > ${test.fullName}`,
          reason: result.note ?? '',
        })
      else failedHere += 1
    }
    // A file that does not load, or a hook that throws, has an error and perhaps no failed test.
    if (failedHere === 0 && module.state() === 'failed') failedHere = 1
    summary.failed += failedHere
  }
  return summary
}
