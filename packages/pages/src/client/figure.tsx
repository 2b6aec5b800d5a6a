import { useEffect, useRef } from 'preact/hooks'
import { savePlot } from './save-file.js'

/** A plot that was drawn as SVG text, with its caption and a button that saves it. */
export function Figure({
  kind,
  svg,
  caption,
}: {
  readonly kind: string
  readonly svg: string
  readonly caption: string
}) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const template = document.createElement('template')
    template.innerHTML = svg
    place.current?.replaceChildren(template.content)
  }, [svg])
  const save = () => {
    const shown = place.current?.querySelector('svg')
    if (shown) savePlot(caption, shown)
  }
  return (
    <figure data-plot={kind}>
      <div ref={place} class="scroll" />
      <figcaption>
        {caption}{' '}
        <button type="button" class="small" onClick={save}>
          Save picture
        </button>
      </figcaption>
    </figure>
  )
}
