import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'

/** In CSS pixels, as the style sheet has it. */
const rowHeight = 32
/** Rows beyond either edge, so that a quick scroll finds them there. */
const margin = 10

export interface Column {
  readonly key: string
  /** Its share of the width. */
  readonly width: number
  readonly head: ComponentChildren
}

/**
 * A table of any length: only the rows near those in sight are made.
 *
 * @param row The cells of a row, one a column; the first is its header.
 */
export function VirtualList({
  label,
  count,
  columns,
  row,
}: {
  readonly label: string
  readonly count: number
  readonly columns: readonly Column[]
  readonly row: (index: number) => readonly ComponentChildren[]
}) {
  const frame = useRef<HTMLElement>(null)
  const [sight, setSight] = useState({ top: 0, height: 600 })
  const look = () => {
    const { scrollTop = 0, clientHeight = 600 } = frame.current ?? {}
    setSight({ top: scrollTop, height: clientHeight })
  }
  useLayoutEffect(look, [count])
  const first = Math.min(count, Math.max(0, Math.floor(sight.top / rowHeight) - margin))
  const end = Math.min(count, Math.ceil((sight.top + sight.height) / rowHeight) + margin)
  const shown = Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i)
  const total = columns.reduce((sum, { width }) => sum + width, 0)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: who uses the keyboard scrolls it, too.
    <section ref={frame} class="list" aria-label={label} tabIndex={0} onScroll={look}>
      <table aria-rowcount={count + 1}>
        <colgroup>
          {columns.map(({ key, width }) => (
            <col key={key} style={{ width: `${(100 * width) / total}%` }} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map(({ key, head }) => (
              <th key={key} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap rows={first} />
          {shown.map((index) => (
            <tr key={index} aria-rowindex={index + 2}>
              {row(index).map((cell, i) =>
                i === 0 ? (
                  <th key={columns[i]?.key} scope="row">
                    {cell}
                  </th>
                ) : (
                  <td key={columns[i]?.key}>{cell}</td>
                ),
              )}
            </tr>
          ))}
          <Gap rows={count - end} />
        </tbody>
      </table>
    </section>
  )
}

/** In place of rows that are out of sight. */
function Gap({ rows }: { readonly rows: number }) {
  return rows <= 0 ? null : <tr style={{ height: `${rows * rowHeight}px` }} />
}
