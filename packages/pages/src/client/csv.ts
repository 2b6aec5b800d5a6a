/** A table as CSV (RFC 4180), with the header first. */
export function csvOf(header: readonly string[], rows: Iterable<readonly string[]>): string {
  const lines = [header, ...rows].map((row) => row.map(cell).join(','))
  return `${lines.join('\r\n')}\r\n`
}

function cell(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}
