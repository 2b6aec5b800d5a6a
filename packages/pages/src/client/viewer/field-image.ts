import { decompress } from 'fzstd'
import { FetchStore, get, open, registry, root } from 'zarrita'
import { z } from 'zod'
import { fileLink } from '../address.js'

/** How a channel of a field is shown, unless a person wants it otherwise. */
export interface FieldChannel {
  readonly name: string
  /** `RRGGBB` */
  readonly color: string
  /** Values that are black, and as bright as can be. */
  readonly low: number
  readonly high: number
}

type Plane = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>

/** The pixels of a field. */
export interface FieldImage {
  readonly height: number
  readonly width: number
  readonly dtype: 'Uint8' | 'Uint16'
  readonly channels: readonly FieldChannel[]
  /** `[channel][y, x]` */
  readonly planes: readonly Plane[]
}

const omeSchema = z.object({
  attributes: z.object({
    ome: z.object({
      multiscales: z
        .array(
          z.object({
            axes: z.array(z.object({ name: z.string() })),
            datasets: z.array(z.object({ path: z.string() })).min(1),
          }),
        )
        .min(1),
      omero: z
        .object({
          channels: z.array(
            z.object({
              label: z.string().optional(),
              color: z.string().optional(),
              window: z.object({ start: z.number(), end: z.number() }).optional(),
            }),
          ),
        })
        .optional(),
    }),
  }),
})

// zarrita's own codecs make functions out of text, which the page's content policy forbids.
registry.set('zstd', async () => ({
  fromConfig: () => ({
    kind: 'bytes_to_bytes',
    encode: () => {
      throw new Error('these pages only read')
    },
    decode: (bytes: Uint8Array) => decompress(bytes),
  }),
}))
registry.set('blosc', async () => ({
  fromConfig: () => {
    throw new Error('its chunks are packed by blosc, which is not unpacked in the browser')
  },
}))

/** What channels without a colour get, in turn. */
const colours = ['0000FF', '00FF00', 'FF0000', 'FFFF00', 'FF00FF', '00FFFF']

/**
 * Reads a field from where it lies: all channels at full size, the first time and focal plane.
 *
 * @param path Of an OME-Zarr 0.5 image, below the served folder.
 * @throws {Error} where it cannot be read.
 */
export async function loadField(path: string): Promise<FieldImage> {
  const address = new URL(fileLink(path), location.href).href
  const response = await fetch(`${address}/zarr.json`)
  if (!response.ok) throw new Error(`${path}: ${(await response.text()).trim()}`)
  const { multiscales, omero } = omeSchema.parse(await response.json()).attributes.ome
  const { axes = [], datasets = [] } = multiscales[0] ?? {}
  const place = root(new FetchStore(address, { useSuffixRequest: true })).resolve(
    datasets[0]?.path ?? '0',
  )
  const array = await open.v3(place, { kind: 'array' })
  const { data, shape } = await get(
    array,
    axes.map(({ name }) => (['c', 'y', 'x'].includes(name) ? null : 0)),
  )
  if (!(data instanceof Uint8Array || data instanceof Uint16Array)) {
    throw new Error(`${path}: its pixels are ${array.dtype}, expected uint8 or uint16`)
  }
  const [height = 0, width = 0] = shape.slice(-2)
  const plane = height * width
  const most = data instanceof Uint8Array ? 255 : 65_535
  // Copies: a plane is handed on as a texture, which takes no memory that is shared.
  const planes = Array.from({ length: data.length / plane }, (_, c) =>
    data.slice(c * plane, (c + 1) * plane),
  )
  const channels = planes.map((_, c) => {
    const { label, color, window } = omero?.channels[c] ?? {}
    return {
      name: label ?? `channel ${c + 1}`,
      color: color ?? colours[c % colours.length] ?? 'FFFFFF',
      low: window?.start ?? 0,
      high: window?.end ?? most,
    }
  })
  return {
    ...{ height, width, channels, planes },
    dtype: data instanceof Uint8Array ? 'Uint8' : 'Uint16',
  }
}
