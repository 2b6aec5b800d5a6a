import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The interpreter that has the reference packages. */
export const oraclesPython = fileURLToPath(
  new URL('../../../../scripts/test/oracles/python', import.meta.url),
)

/**
 * Runs a Python script in the oracles' environment: `input` stands there as `d`, and what it prints
 * is the answer, as JSON.
 */
export function askPython(script: string, input: unknown): unknown {
  const preamble = 'import json, sys\nimport numpy as np\nd = json.load(sys.stdin)\n'
  const answer = execFileSync(oraclesPython, ['-c', preamble + script], {
    input: JSON.stringify(input),
    maxBuffer: 1 << 28,
  })
  return JSON.parse(answer.toString())
}

/** The same, for answers that are a flat list of numbers. */
export function askNumbers(script: string, input: unknown): number[] {
  const answer = askPython(script, input)
  if (!Array.isArray(answer)) throw new Error('the Python script did not print a list')
  return answer.map(Number)
}
