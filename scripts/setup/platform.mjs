import { compareVersions } from './node-version.mjs'

/** The wheels of torch 2.13 are built against this C library (manylinux_2_28). */
const oldestGlibc = '2.28'

/**
 * What is not as on the machines that Phenoprint is tested on, in one line, or nothing.
 *
 * @param {object} [machine]
 * @param {string} [machine.platform]
 * @param {string} [machine.arch]
 * @param {string | undefined} [machine.glibc] undefined: another C library.
 * @returns {string | undefined}
 */
export function platformWarning({
  platform = process.platform,
  arch = process.arch,
  glibc = runtimeGlibc(),
} = {}) {
  if (platform !== 'linux' || arch !== 'x64') {
    return `${platform} on ${arch} is untried: Phenoprint is tested on Linux x64 with glibc ${oldestGlibc} or newer`
  }
  if (glibc === undefined)
    return 'this Linux has no glibc: PyTorch has no wheels for it (PHENOPRINT_LIBTORCH may name a libtorch built here)'
  if (compareVersions(glibc, oldestGlibc) < 0)
    return `glibc ${glibc} is older than ${oldestGlibc}: the wheel of torch 2.13 will not load here`
  return undefined
}

/** @returns {string | undefined} */
function runtimeGlibc() {
  if (process.platform !== 'linux' || process.report === undefined) return undefined
  // Without this the report looks up the names of open connections.
  Object.assign(process.report, { excludeNetwork: true })
  return JSON.parse(JSON.stringify(process.report.getReport())).header?.glibcVersionRuntime
}
