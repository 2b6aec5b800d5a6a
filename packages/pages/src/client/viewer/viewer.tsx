import { Deck, OrthographicView } from '@deck.gl/core'
import { Matrix4 } from '@math.gl/core'
import { ColorPaletteExtension } from '@vivjs/extensions'
import { ImageLayer } from '@vivjs/layers'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { saveFile } from '../save-file.js'
import type { FieldImage } from './field-image.js'
import { pixelSource } from './pixel-source.js'
import { fitting, layOut, type Place } from './place.js'
import { rgb, type ShownChannel } from './shown-channels.js'

type FieldsDeck = Deck<OrthographicView>

/**
 * Fields of one size side by side: drag, wheel, buttons or keys move and enlarge them.
 *
 * @param place Null for all of them.
 * @param words What they are, for those who do not see them.
 */
export function Viewer({
  fields,
  channels,
  place,
  words,
  onPlace,
}: {
  readonly fields: readonly FieldImage[]
  readonly channels: readonly ShownChannel[]
  readonly place: Place | null
  readonly words: string
  readonly onPlace: (place: Place | null) => void
}) {
  const frame = useRef<HTMLElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const deck = useRef<FieldsDeck | null>(null)
  const [fault, setFault] = useState<string | null>(null)
  const sources = useMemo(() => fields.map(pixelSource), [fields])
  const picture = layOut(fields.length, fields[0] ?? { width: 1, height: 1 })
  const here = () => place ?? fitting(picture, sizeOf(frame.current))

  useEffect(() => {
    if (canvas.current === null) return
    const made: FieldsDeck = new Deck({
      canvas: canvas.current,
      views: new OrthographicView({ id: 'fields', flipY: true }),
      controller: { scrollZoom: { smooth: false }, doubleClickZoom: true, keyboard: false },
      deviceProps: { type: 'webgl', webgl: { preserveDrawingBuffer: true } },
      onError: (error) => setFault(error.message),
    })
    deck.current = made
    return () => {
      deck.current = null
      made.finalize()
    }
  }, [])

  useEffect(() => {
    const { x, y, zoom } = here()
    deck.current?.setProps({
      layers: layersOf(sources, channels, picture.corners),
      viewState: { target: [x, y, 0], zoom },
      onViewStateChange: ({ viewState }) => {
        const [x = 0, y = 0] = viewState.target ?? []
        onPlace({ x, y, zoom: Number(viewState.zoom) })
      },
    })
  })

  const enlarge = (by: number) => onPlace({ ...here(), zoom: here().zoom + by })
  const move = (right: number, down: number) => {
    const { x, y, zoom } = here()
    const step = 64 / 2 ** zoom
    onPlace({ x: x + step * right, y: y + step * down, zoom })
  }
  const keys: Readonly<Record<string, () => void>> = {
    '+': () => enlarge(0.5),
    '=': () => enlarge(0.5),
    '-': () => enlarge(-0.5),
    '0': () => onPlace(null),
    ArrowLeft: () => move(-1, 0),
    ArrowRight: () => move(1, 0),
    ArrowUp: () => move(0, -1),
    ArrowDown: () => move(0, 1),
  }
  const save = () => {
    deck.current?.redraw('to be saved')
    canvas.current?.toBlob((blob) => blob !== null && saveFile(`${words}.png`, blob))
  }

  return (
    <figure>
      <div class="controls">
        <button type="button" onClick={() => enlarge(0.5)}>
          Larger
        </button>
        <button type="button" onClick={() => enlarge(-0.5)}>
          Smaller
        </button>
        <button type="button" onClick={() => onPlace(null)}>
          All
        </button>
        <button type="button" onClick={save}>
          Save picture
        </button>
      </div>
      {fault !== null && <p role="alert">The picture cannot be drawn: {fault}</p>}
      <section
        ref={frame}
        class="viewer"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys move the picture.
        tabIndex={0}
        aria-label={`${words}. Arrow keys move it, plus and minus enlarge it, 0 shows all.`}
        onKeyDown={(event) => {
          const act = keys[event.key]
          if (act === undefined) return
          event.preventDefault()
          act()
        }}
      >
        <canvas ref={canvas} role="img" aria-label={words} />
      </section>
    </figure>
  )
}

function layersOf(
  sources: readonly ReturnType<typeof pixelSource>[],
  channels: readonly ShownChannel[],
  corners: ReturnType<typeof layOut>['corners'],
) {
  const shown = channels.flatMap((channel, c) => (channel.visible ? [{ ...channel, c }] : []))
  if (shown.length === 0) return []
  return sources.map((loader, i) => {
    const [x, y] = corners[i] ?? [0, 0]
    // Its types leave out what its extension takes.
    const palette: object = { colors: shown.map(({ color }) => rgb(color)) }
    return new ImageLayer({
      ...palette,
      id: `field-${i}-${shown.map(({ c }) => c).join('-')}`,
      loader,
      dtype: loader.dtype,
      selections: shown.map(({ c }) => ({ c })),
      contrastLimits: shown.map(({ low, high }) => [low, Math.max(high, low + 1)]),
      channelsVisible: shown.map(() => true),
      extensions: [new ColorPaletteExtension()],
      modelMatrix: new Matrix4().translate([x, y, 0]),
    })
  })
}

function sizeOf(frame: HTMLElement | null) {
  return { width: frame?.clientWidth || 600, height: frame?.clientHeight || 400 }
}
