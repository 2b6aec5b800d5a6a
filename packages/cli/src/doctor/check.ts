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

/** Bytes in units of 1,024: `23.4 GiB`. */
export function size(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = bytes < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`
}
