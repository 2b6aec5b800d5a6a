/** One thing that was looked at. */
export interface Check {
  readonly name: string
  /** `missing` things are optional; `broken` ones stop the work. */
  readonly state: 'ok' | 'missing' | 'broken'
  readonly found: string
  /** Ways to get what is missing; none when nothing is. */
  readonly cures: readonly string[]
}

export function ok(name: string, found: string): Check {
  return { name, state: 'ok', found, cures: [] }
}

export function missing(name: string, found: string, ...cures: string[]): Check {
  return { name, state: 'missing', found, cures }
}

export function broken(name: string, found: string, ...cures: string[]): Check {
  return { name, state: 'broken', found, cures }
}
