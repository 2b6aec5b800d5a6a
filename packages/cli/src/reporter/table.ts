import { number } from './format.js'

type Cells = Readonly<Record<string, string>>
interface Row {
  readonly label: string
  readonly cells: Cells
}

/**
 * Figures as tables for people: each map of plain values is a row, named by where it stands, and
 * all rows with the same columns share a table. Plain values at the top stand one on a line.
 */
export function figureTable(figures: Readonly<Record<string, unknown>>): string {
  const blocks = new Map<string, Row[]>()
  for (const row of rowsOf('', figures)) {
    const columns = row.label === '' ? '' : Object.keys(row.cells).join('\n')
    blocks.set(columns, [...(blocks.get(columns) ?? []), row])
  }
  return [...blocks.values()].map(block).join('\n')
}

function* rowsOf(label: string, value: object): Generator<Row> {
  const entries = Object.entries(value)
  const plain = entries.flatMap(([key, inner]) => {
    const text = cell(inner)
    return text === null ? [] : [[key, text] as const]
  })
  if (plain.length > 0) yield { label, cells: Object.fromEntries(plain) }
  for (const [key, inner] of entries) {
    if (typeof inner !== 'object' || inner === null || cell(inner) !== null) continue
    const name = Array.isArray(value) ? String(Number(key) + 1) : key
    yield* rowsOf(label === '' ? name : `${label} ${name}`, inner)
  }
}

/** A value that fits in a cell; null for one that needs rows. */
function cell(value: unknown): string | null {
  if (typeof value === 'number') return Number.isNaN(value) ? '-' : number(value)
  if (typeof value !== 'object' || value === null) return value === null ? '-' : String(value)
  if (!Array.isArray(value)) return null
  const items = value.map(cell)
  return items.includes(null) || value.some(Array.isArray) ? null : items.join(', ')
}

function block(rows: readonly Row[]): string {
  const [first] = rows
  if (!first) return ''
  if (first.label === '') return pairs(first.cells)
  const names = Object.keys(first.cells)
  const columns = [
    ['', ...rows.map(({ label }) => label)],
    ...names.map((name) => [name, ...rows.map(({ cells }) => cells[name] ?? '')]),
  ].map(alignColumn)
  const lines = ['', ...rows].map((_, line) => columns.map((column) => column[line]).join('  '))
  return lines.map((line) => `${line.trimEnd()}\n`).join('')
}

/** Words stand at the left of their column, numbers at the right. */
function alignColumn([heading = '', ...cells]: readonly string[]): string[] {
  const width = Math.max(heading.length, ...cells.map((each) => each.length))
  const isNumeric = cells.every((each) => /^(-?[\d,.]+(e[-+]\d+)?|-)$/.test(each))
  return [heading, ...cells].map((each) => (isNumeric ? each.padStart(width) : each.padEnd(width)))
}

function pairs(cells: Cells): string {
  const width = Math.max(...Object.keys(cells).map((key) => key.length))
  return Object.entries(cells)
    .map(([key, text]) => `${key.padEnd(width)}  ${text}\n`)
    .join('')
}
