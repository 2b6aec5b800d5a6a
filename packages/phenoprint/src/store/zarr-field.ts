import type { ImageHeader, Pixels } from '@phenoprint/pixels'
import * as zarrita from 'zarrita'
import { z } from 'zod'
import { ImageError } from '../errors.js'
import type { Channel } from '../screen/screen.js'
import { verifyCrc32c } from './checked-crc32c.js'
import { emptyPixels, type ImagePart } from './tiling.js'
import type { ZarrContainer } from './zarr-container.js'

verifyCrc32c()

const fieldSchema = z.object({
  ome: z.object({
    version: z.string(),
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
        channels: z.array(z.object({ label: z.string().optional(), color: z.string().optional() })),
      })
      .optional(),
  }),
})

/** A field of an OME-Zarr 0.5 plate, at full resolution; of several times the first, of several planes the middle one. */
export class ZarrField {
  readonly header: ImageHeader
  /** As its OMERO metadata name them; empty where there are none. */
  readonly channels: readonly Channel[]
  /** What one read decodes at least, height and width in pixels. */
  readonly chunk: readonly [height: number, width: number]
  readonly #array: zarrita.Array<zarrita.DataType, ZarrContainer>
  readonly #axes: readonly string[]

  private constructor(
    array: zarrita.Array<zarrita.DataType, ZarrContainer>,
    axes: readonly string[],
    channels: readonly Channel[],
  ) {
    this.#array = array
    this.#axes = axes
    this.channels = channels
    const { dtype } = array
    if (dtype !== 'uint8' && dtype !== 'uint16') {
      throw new ImageError(`it holds ${dtype}, expected uint8 or uint16`)
    }
    const size = (axis: string) => array.shape[axes.indexOf(axis)] ?? 1
    this.header = {
      width: size('x'),
      height: size('y'),
      samples: size('c'),
      bitDepth: dtype === 'uint8' ? 8 : 16,
      alpha: false,
    }
    this.chunk = [array.chunks[axes.indexOf('y')] ?? 1, array.chunks[axes.indexOf('x')] ?? 1]
  }

  /**
   * @param path The field's group: `B/02/0`.
   * @throws {ImageError} when it is no image of OME-Zarr 0.5, or of a kind that is not read.
   */
  static async open(plate: ZarrContainer, path: string): Promise<ZarrField> {
    const group = await zarrita.open.v3(zarrita.root(plate).resolve(path), { kind: 'group' })
    const parsed = fieldSchema.safeParse(group.attrs)
    if (!parsed.success) {
      throw new ImageError(
        `its metadata are not those of an image of OME-Zarr 0.5: ${z.prettifyError(parsed.error)}`,
      )
    }
    const { multiscales, omero } = parsed.data.ome
    const [scale] = multiscales
    const axes = scale?.axes.map(({ name }) => name.toLowerCase()) ?? []
    const array = await zarrita.open.v3(group.resolve(scale?.datasets[0]?.path ?? '0'), {
      kind: 'array',
    })
    if (
      !['t', 'c', 'z', 'y', 'x']
        .filter((name) => axes.includes(name))
        .every((n, i) => n === axes[i]) ||
      !axes.includes('y') ||
      !axes.includes('x') ||
      axes.length !== array.shape.length
    ) {
      throw new ImageError(
        `its axes are ${axes.join(', ')} of ${array.shape.length} dimensions, expected y and x with t, c and z before them or not`,
      )
    }
    return new ZarrField(array, axes, (omero?.channels ?? []).map(shown))
  }

  /**
   * A part of some channels, `[channel, y, x]`.
   *
   * @param planes Indices of channels.
   */
  async read(planes: readonly number[], part: ImagePart): Promise<Pixels> {
    const first = Math.min(...planes)
    const selection = this.#axes.map((axis, dimension) => {
      if (axis === 'y') return zarrita.slice(part.top, part.top + part.height)
      if (axis === 'x') return zarrita.slice(part.left, part.left + part.width)
      // All channels at once: they may share chunks.
      if (axis === 'c') return zarrita.slice(first, Math.max(...planes) + 1)
      return axis === 'z' ? Math.floor(((this.#array.shape[dimension] ?? 1) - 1) / 2) : 0
    })
    const { data } = await zarrita.get(this.#array, selection)
    if (!(data instanceof Uint8Array || data instanceof Uint16Array)) {
      throw new ImageError('it holds no uint8 or uint16')
    }
    const size = part.height * part.width
    const dtype = this.header.bitDepth === 8 ? 'uint8' : 'uint16'
    const pixels = emptyPixels(dtype, planes.length * size)
    planes.forEach((plane, index) => {
      const from = (plane - first) * size
      pixels.set(data.subarray(from, from + size), index * size)
    })
    return pixels
  }
}

function shown(
  { label, color }: { readonly label?: string | undefined; readonly color?: string | undefined },
  index: number,
): Channel {
  const name = label === undefined || label === '' ? `channel ${index + 1}` : label
  return color !== undefined && /^[0-9A-Fa-f]{6}$/.test(color) ? { name, color } : { name }
}
