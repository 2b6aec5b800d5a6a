/** Exit codes, as the `phenoprint` command has them. */
export const exitCodes = { program: 1, usage: 2, engine: 4 }

/**
 * Something this machine lacks or refuses, with every way to mend it: one message, no stack trace.
 */
export class SetupFault extends Error {
  /**
   * @param {string} what what was looked for, where, and what was found.
   * @param {object} [more]
   * @param {string[]} [more.cures] each is enough alone.
   * @param {string} [more.details] words of the program that failed.
   * @param {number} [more.exitCode] 4, an engine or machine fault, unless said otherwise.
   */
  constructor(what, { cures = [], details = '', exitCode = exitCodes.engine } = {}) {
    super(what)
    this.name = 'SetupFault'
    this.cures = cures
    this.details = details
    this.exitCode = exitCode
  }
}

/**
 * The whole message as it is printed.
 *
 * @param {SetupFault} fault
 */
export function describeFault({ message, details, cures }) {
  const lines = [`setup: ${message}`]
  for (const line of details.trimEnd().split('\n')) if (line !== '') lines.push(`    ${line}`)
  if (cures.length === 1) lines.push('  What helps:')
  if (cures.length > 1) lines.push('  Any one of these helps:')
  for (const cure of cures) lines.push(`  - ${cure}`)
  return lines.join('\n')
}

/**
 * Runs a script's main function: prints a fault as one message, and sets the exit code.
 *
 * @param {() => Promise<number | void>} main returns the exit code; nothing means 0.
 */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0
  } catch (error) {
    if (!(error instanceof SetupFault)) throw error
    console.error(describeFault(error))
    process.exitCode = error.exitCode
  }
}
