/** The oldest Node that Phenoprint runs on (`engines` of package.json says the same). */
export const oldestNode = '20.19.0'

/**
 * Compares two dotted versions by their numbers; a suffix such as `+cpu` or `-rc.1` is left out.
 *
 * @param {string} a
 * @param {string} b
 * @returns {number} negative when `a` is older, positive when newer, 0 when the same.
 */
export function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => version.split(/[+-]/)[0].split('.').map(Number))
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/**
 * What to tell the user of a Node that is too old, or nothing.
 * This file uses no syntax and no module that an old Node lacks: it must be able to say so there.
 *
 * @param {string} [version] as in `process.versions.node`.
 * @returns {string | undefined}
 */
export function nodeFault(version = process.versions.node) {
  if (compareVersions(version, oldestNode) >= 0) return undefined
  return (
    `setup: Node ${version} is too old: Phenoprint needs ${oldestNode} or newer.\n` +
    '  Install a newer Node from your system, a version manager (nvm, fnm, volta) or nodejs.org, then run this again.'
  )
}
