import { grouped } from './grouped.js'

/** What an audit looks for. */
export type Check =
  | 'missing'
  | 'extra'
  | 'tables'
  | 'corrupt'
  | 'duplicate'
  | 'constant'
  | 'saturated'
  | 'focus'
  | 'outlier'
  | 'controls'
  | 'leak'
  | 'layout'

/** One thing that an audit found. */
export interface Finding {
  readonly check: Check
  /** `error`: what is built on it is wrong; `warning`: a person should look. */
  readonly severity: 'error' | 'warning'
  /** A site, plate, experiment or file. */
  readonly where: string
  readonly what: string
}

/** How often each check found something, by severity. */
export function countFindings(
  findings: readonly Finding[],
): Record<Finding['severity'], Partial<Record<Check, number>>> {
  const counts: ReturnType<typeof countFindings> = { error: {}, warning: {} }
  for (const { check, severity } of findings) {
    counts[severity][check] = (counts[severity][check] ?? 0) + 1
  }
  return counts
}

/** Lines shown of each check; the file has all. */
const shown = 8

/** Findings for people: errors first, the same checks together, columns in line. */
export function findingLines(findings: readonly Finding[]): string[] {
  const sorted = (['error', 'warning'] as const).flatMap((severity) =>
    findings.filter((finding) => finding.severity === severity),
  )
  const groups = grouped(sorted, ({ severity, check }) => `${severity} ${check}`)
  const rows = [...groups].flatMap(([key, members]) => [
    ...members.slice(0, shown).map(({ where, what }) => [key, where, what] as const),
    ...(members.length > shown
      ? [[key, '…', `and ${(members.length - shown).toLocaleString('en')} more`] as const]
      : []),
  ])
  const width = (column: 0 | 1) => Math.max(0, ...rows.map((row) => row[column].length))
  const [first, second] = [width(0), width(1)]
  return rows.map(([key, where, what]) => `${key.padEnd(first)}  ${where.padEnd(second)}  ${what}`)
}
