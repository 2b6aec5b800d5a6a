import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const python = fileURLToPath(new URL('../../../../scripts/test/oracles/python', import.meta.url))

/** Runs a Python program in the oracles' environment, with a value as JSON at its standard input; gives its output. */
export function runPython(program: string, input: unknown = null): string {
  return execFileSync(python, ['-c', program], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
}
