/** Hands a file to the person: the browser saves it where it saves downloads. */
export function saveFile(name: string, content: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name.replaceAll(/[^\w.-]+/g, '_')
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

/** Saves a plot as SVG, in the colours that it has on the page now. */
export function savePlot(name: string, svg: SVGElement): void {
  const style = getComputedStyle(svg)
  const copy = new XMLSerializer()
    .serializeToString(svg)
    .replaceAll(/var\((--[\w-]+)\)/g, (_, variable: string) => style.getPropertyValue(variable))
    .replaceAll('currentColor', style.color)
    .replace('<svg ', `<svg color="${style.color}" font-family="sans-serif" font-size="11" `)
  saveFile(`${name}.svg`, new Blob([copy], { type: 'image/svg+xml' }))
}
