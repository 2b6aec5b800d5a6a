import { MachineError, type Reporter, type VerbResult } from '@phenoprint/phenoprint/basics'
import type { Check } from './check.js'
import { engineChecks, type Probe, probeEngine } from './engine.js'
import { cacheFolder, fileChecks } from './files.js'
import { machineChecks } from './machine.js'
import { pixelsCheck } from './pixels.js'

const marks = { ok: 'ok     ', missing: 'missing', broken: 'BROKEN ' } as const

/**
 * Looks at all that phenoprint needs, and says what it found.
 *
 * @throws {MachineError} when the engine (or Node) does not work.
 */
export async function examine(
  reporter: Reporter,
  probe: () => Probe = probeEngine,
): Promise<VerbResult> {
  const checks = [
    ...engineChecks(probe()),
    ...machineChecks(cacheFolder()),
    pixelsCheck(),
    ...fileChecks(),
  ]
  const width = Math.max(...checks.map(({ name }) => name.length))
  for (const check of checks) {
    const { name, state, found, cures } = check
    reporter.say(`${marks[state]}  ${name.padEnd(width)}  ${found}`)
    for (const cure of cures) reporter.say(`${' '.repeat(width + 9)}→ ${cure}`)
    reporter.event({ type: 'check', ...check })
  }
  const stopper = checks.find(({ state }) => state === 'broken')
  if (stopper) throw new MachineError(explain(stopper))
  const figures = checks.map(({ name, state, found }) => [name, `${state}: ${found}`] as const)
  return { status: 'done', figures: Object.fromEntries(figures), files: [] }
}

function explain({ name, found, cures }: Check): string {
  const ways = cures.map((cure) => `\n  → ${cure}`).join('')
  return `doctor: the ${name} does not work: ${found}. One of these mends it:${ways}`
}
