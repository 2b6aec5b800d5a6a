import { basename } from 'node:path'
import { SetupFault } from './fault.mjs'
import { listZip, readZipEntry, unpackZip } from './zip.mjs'

/**
 * What a wheel says of itself.
 *
 * @typedef {object} WheelMetadata
 * @property {string} name
 * @property {string} version with its local part, such as `2.13.0+cpu`.
 * @property {string[]} requires the `Requires-Dist` lines.
 */

/**
 * Reads a wheel's METADATA without unpacking the rest.
 *
 * @param {string} path of the wheel file.
 * @returns {Promise<WheelMetadata>}
 * @throws {SetupFault} when the file is no wheel.
 */
export async function readWheelMetadata(path) {
  try {
    const entry = listZip(path).find(({ name }) => /^[^/]+\.dist-info\/METADATA$/.test(name))
    if (entry === undefined) throw new Error(`${path}: it has no .dist-info/METADATA`)
    return parseMetadata((await readZipEntry(path, entry)).toString('utf8'))
  } catch (error) {
    throw wheelFault(path, error)
  }
}

/**
 * Unpacks a wheel, or a part of it.
 *
 * @param {string} path of the wheel file.
 * @param {string} folder
 * @param {(name: string) => boolean} [chosen]
 * @throws {SetupFault} a damaged wheel, or a full disk.
 */
export async function unpackWheel(path, folder, chosen) {
  try {
    await unpackZip(path, folder, chosen)
  } catch (error) {
    throw wheelFault(path, error)
  }
}

/**
 * @param {string} path
 * @param {unknown} error
 */
function wheelFault(path, error) {
  const details = error instanceof Error ? error.message : String(error)
  if (/ENOSPC/.test(details)) {
    const cures = [
      'free some space, then run this again',
      'PHENOPRINT_CACHE=/a/folder/with/space keeps it elsewhere',
    ]
    return new SetupFault(`no disk space to unpack ${basename(path)}`, { details, cures })
  }
  const cures = ['remove the file, or name another, and run this again']
  return new SetupFault(`${basename(path)} is no usable wheel`, { details, cures })
}

/**
 * @param {string} text METADATA: header lines as in e-mail, a blank line, the description.
 *   Core metadata specifications 2.1, after PEP 566.
 * @returns {WheelMetadata}
 */
export function parseMetadata(text) {
  /** @type {WheelMetadata} */
  const metadata = { name: '', version: '', requires: [] }
  for (const line of text.split(/\r?\n/)) {
    if (line === '') break
    const [, key, value] = line.match(/^([A-Za-z-]+):\s*(.*)$/) ?? []
    if (key === 'Name') metadata.name = value
    if (key === 'Version') metadata.version = value
    if (key === 'Requires-Dist') metadata.requires.push(value)
  }
  if (metadata.name === '' || metadata.version === '')
    throw new Error('METADATA names no package or no version')
  return metadata
}

/**
 * The CUDA packages that a torch wheel declares for this platform, as pip takes them; none for a
 * CPU wheel. `cuda-bindings` and `triton` are for Python programs and stay out.
 *
 * @param {string[]} requires `Requires-Dist` lines.
 * @param {{ platform?: string, arch?: string }} [machine] as Node names them.
 * @returns {string[]} such as `nvidia-cudnn-cu13==9.20.0.48`.
 */
export function cudaRequirements(
  requires,
  { platform = process.platform, arch = process.arch } = {},
) {
  return requires.flatMap((line) => {
    const [requirement, marker = ''] = line.split(';').map((part) => part.trim())
    if (!/^(nvidia-|cuda-toolkit\b)/.test(requirement)) return []
    return markerHolds(marker, platform, arch) ? [requirement] : []
  })
}

/**
 * PEP 508 markers, as far as torch's wheels use them: comparisons of the platform joined by `and`.
 * A comparison of anything else (the Python version) is taken to hold; an extra is never asked for.
 *
 * @param {string} marker
 * @param {string} platform
 * @param {string} arch
 */
function markerHolds(marker, platform, arch) {
  /** @type {Record<string, string>} */
  const facts = {
    platform_system: { linux: 'Linux', darwin: 'Darwin', win32: 'Windows' }[platform] ?? platform,
    sys_platform: platform,
    platform_machine:
      { x64: 'x86_64', arm64: platform === 'darwin' ? 'arm64' : 'aarch64' }[arch] ?? arch,
    extra: '',
  }
  return marker.split(/\band\b/).every((comparison) => {
    const [, name, operator, value] = comparison.match(/(\w+)\s*(==|!=)\s*["']([^"']*)["']/) ?? []
    const fact = facts[name]
    if (fact === undefined) return true
    return operator === '==' ? fact === value : fact !== value
  })
}
