import { RequestFault } from './request-fault.js'

/**
 * The names of a path below the served folder, each decoded once.
 *
 * @param encoded As it stands in the address, without the first slash; empty for the folder itself.
 * @throws {RequestFault} 400 for a name that could lead anywhere but down: `.`, `..`, an empty one,
 *   one with a slash, backslash or NUL in it however encoded, or one that is hidden (`.git`).
 */
export function segmentsOf(encoded: string): string[] {
  if (encoded === '') return []
  return encoded.split('/').map((part) => {
    const name = decoded(part)
    if (name === '' || name.startsWith('.') || /[/\\\0]/.test(name)) {
      throw new RequestFault(400, `A path has a name that is not served: ${JSON.stringify(name)}.`)
    }
    return name
  })
}

/** A path in the query (already decoded there) in its names. */
export function segmentsOfPath(path: string): string[] {
  return path === '.' ? [] : segmentsOf(path.split('/').map(encodeURIComponent).join('/'))
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new RequestFault(400, 'A path is not encoded as UTF-8.')
  }
}
