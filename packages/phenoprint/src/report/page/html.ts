/** Text that is safe in a page, within elements and in attributes. */
export function text(value: string | number): string {
  return String(value)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

/** A table; the first cell of each row is its heading. */
export function table(
  caption: string,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  return anchoredTable(caption, header, rows, [])
}

/** The same, with an id for each row, so that links lead to it. */
export function anchoredTable(
  caption: string,
  header: readonly string[],
  rows: readonly (readonly string[])[],
  ids: readonly string[],
): string {
  const heads = header.map((name) => `<th scope="col">${text(name)}</th>`).join('')
  const lines = rows.map(([first = '', ...rest], i) => {
    const cells = rest.map((cell) => `<td>${text(cell)}</td>`).join('')
    const id = ids[i]
    return `<tr${id === undefined ? '' : ` id="${text(id)}"`}><th scope="row">${text(first)}</th>${cells}</tr>`
  })
  return `<div class="scroll" tabindex="0" role="region" aria-label="${text(caption)}"><table><caption>${text(caption)}</caption><thead><tr>${heads}</tr></thead><tbody>${lines.join('')}</tbody></table></div>`
}

/** A plot with words below it; `kind` names it for tests and style sheets. */
export function figure(kind: string, svg: string, caption: string): string {
  return `<figure data-plot="${text(kind)}"><div class="scroll" tabindex="0" role="group" aria-label="${text(caption)}">${svg}</div><figcaption>${text(caption)}</figcaption></figure>`
}

/** What opens when asked to, by pointer or keyboard. */
export function details(summary: string, body: string): string {
  return `<details><summary>${text(summary)}</summary>${body}</details>`
}

/** Signs and what they stand for, in the colours of a plot. */
export function legend(
  entries: readonly { readonly sign: string; readonly colour: string; readonly words: string }[],
): string {
  const items = entries.map(
    ({ sign, colour, words }) =>
      `<li><span style="color: ${colour}" aria-hidden="true">${sign}</span> ${text(words)}</li>`,
  )
  return `<ul class="legend">${items.join('')}</ul>`
}
