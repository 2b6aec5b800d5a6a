import { operator } from '../ops/index.js'

/** A build of the fused kernels: the instructions of the processor that it uses. */
export type KernelBuild = (typeof builds)[number]

const builds = ['avx512_amx', 'avx512_bf16', 'avx512', 'avx2'] as const

const usable = operator<() => string>('phenoprint::usable_kernels', '')
const inUse = operator<() => string>('phenoprint::kernels_in_use', '')
const choose = operator<(name: string) => void>('phenoprint::choose_kernels', '')

/** The builds that this processor can run, the fastest first; empty where there is none. */
export function usableKernels(): KernelBuild[] {
  return usable().split(',').filter(isBuild)
}

/**
 * The build that fused operators use.
 *
 * @throws {TorchError} where the processor can run none.
 */
export function kernelsInUse(): KernelBuild | undefined {
  return [inUse()].find(isBuild)
}

/**
 * Takes another build from now on, in the whole process: for tests and comparisons.
 *
 * @throws {TorchError} when the processor cannot run it.
 */
export function chooseKernels(build: KernelBuild): void {
  choose(build)
}

function isBuild(name: string): name is KernelBuild {
  return builds.some((build) => build === name)
}

const record = operator<(on: boolean) => void>('phenoprint::record_passes', '')
const times = operator<() => string>('phenoprint::pass_times', '')

/**
 * Runs `body` and says how long each pass of the fused operators in it took, by name.
 *
 * @returns seconds, added up over all blocks.
 */
export function timePasses(body: () => void): Map<string, number> {
  record(true)
  try {
    body()
    const lines = times()
      .split('\n')
      .filter((line) => line !== '')
    return new Map(
      lines.map((line) => {
        const [name = '', seconds = ''] = line.split('\t')
        return [name, Number(seconds)]
      }),
    )
  } finally {
    record(false)
  }
}
