import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { broken, type Check, missing, ok } from './check.js'

/** What the engine says of itself. */
export interface EngineFacts {
  readonly version: string
  readonly path: string
  readonly cpuCapability: string
  readonly cuda: boolean
  readonly devices: readonly string[]
  readonly threads: number
  /** The build of the fused kernels that this processor runs, or null. */
  readonly kernels: string | null
  /** Whether several processes can train together. */
  readonly ranks: boolean
}

/** A working engine, or why it does not work. */
export type Probe = { readonly facts: EngineFacts } | { readonly fault: string }

/**
 * Loads the engine in a process of its own and adds two tensors.
 *
 * @param program What to run; it prints a {@link Probe} as its last line.
 */
export function probeEngine(
  program: string = fileURLToPath(new URL('./probe.js', import.meta.url)),
): Probe {
  const words = [program]
  const options = { encoding: 'utf8', timeout: 120_000, killSignal: 'SIGKILL' } as const
  const { stdout, stderr, status, signal, error } = spawnSync(process.execPath, words, options)
  const last = stdout?.trimEnd().split('\n').at(-1) ?? ''
  if (status === 0) return parseProbe(last)
  if (signal === 'SIGILL') return { fault: 'libtorch was built for another processor (SIGILL)' }
  const how = error?.message ?? (signal ? `ended by ${signal}` : `exit code ${status}`)
  const why = /^(?:\w*Error|Error).*$/m.exec(stderr ?? '')?.[0] ?? stderr?.trim().split('\n').at(-1)
  return { fault: `loading it failed: ${how}${why ? `: ${why}` : ''}` }
}

function parseProbe(line: string): Probe {
  try {
    const value: unknown = JSON.parse(line)
    if (isProbe(value)) return value
  } catch {
    // Told below, with what it printed.
  }
  return { fault: `the probe printed ${JSON.stringify(line.slice(0, 200))}` }
}

function isProbe(value: unknown): value is Probe {
  if (typeof value !== 'object' || value === null) return false
  if ('fault' in value) return typeof value.fault === 'string'
  return 'facts' in value && typeof value.facts === 'object'
}

/** What the engine is, and which devices it has. */
export function engineChecks(probe: Probe): Check[] {
  if ('fault' in probe) return [broken('engine', probe.fault, ...setupCures)]
  const { version, path, cpuCapability, cuda, devices, threads, kernels, ranks } = probe.facts
  const cards = devices.filter((device) => device.startsWith('cuda'))
  return [
    ok(
      'engine',
      `libtorch ${version} at ${path}, CPU capability ${cpuCapability}, fused kernels ${kernels ?? 'none'}, ${threads} threads`,
    ),
    cuda && cards.length > 0
      ? ok('cuda', cards.join(', '))
      : missing(
          'cuda',
          cuda ? 'no device' : 'this libtorch is for the CPU alone',
          'optional: PHENOPRINT_TORCH_WHEEL=/path/to/a/CUDA/wheel npm run setup',
        ),
    ranks
      ? ok('ranks', 'several processes can train one network, over Gloo')
      : missing(
          'ranks',
          'this build has no Gloo: one process alone trains a network',
          'optional: apt-get install libgloo-dev (or the like), then npm run setup',
        ),
  ]
}

const setupCures = [
  'npm run setup (it says what it lacks)',
  'PHENOPRINT_LIBTORCH=/path/to/libtorch npm run setup, with a libtorch that is here already',
  'PHENOPRINT_TORCH_WHEEL=/path/to/torch.whl npm run setup, with a wheel file',
  'PHENOPRINT_TORCH_INDEX=<address of a package index> npm run setup, with another source',
]
