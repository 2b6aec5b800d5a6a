import { blockGrid, histogramBins } from '@phenoprint/pixels'
import type { PlateGrid, WellPlace } from './layout.js'
import { greatest, type ShownChannel } from './shown-channels.js'
import type { ImageShape, PixelType, Tiling } from './tiling.js'

/** A `zarr.json`. */
export type ZarrNode = Readonly<Record<string, unknown>>

const omeVersion = '0.5'

/** The archive's comment: the hierarchy's version, and that metadata comes first (RFC-9). */
export const archiveComment = JSON.stringify({
  ome: { version: omeVersion, zipFile: { centralDirectory: { jsonFirst: true } } },
})

export function groupNode(attributes: Readonly<Record<string, unknown>> = {}): ZarrNode {
  return { zarr_format: 3, node_type: 'group', attributes }
}

/** The plate: its grid and the wells that hold images. */
export function plateNode(
  name: string,
  grid: PlateGrid,
  wells: readonly WellPlace[],
  fieldCount: number,
  phenoprint: Readonly<Record<string, unknown>>,
): ZarrNode {
  const plate = {
    name,
    columns: grid.columns.map((column) => ({ name: column })),
    rows: grid.rows.map((row) => ({ name: row })),
    wells: wells.map(({ row, column }) => ({
      path: `${row}/${column}`,
      rowIndex: grid.rows.indexOf(row),
      columnIndex: grid.columns.indexOf(column),
    })),
    field_count: fieldCount,
    version: omeVersion,
  }
  return groupNode({ ome: { version: omeVersion, plate }, phenoprint })
}

/** A well: its fields, named 0, 1, ... */
export function wellNode(well: string, fields: number): ZarrNode {
  const images = Array.from({ length: fields }, (_, field) => ({ path: String(field) }))
  return groupNode({
    ome: { version: omeVersion, well: { version: omeVersion, images } },
    phenoprint: { well },
  })
}

/** A field of view: one image of one resolution, channels with names, colours and display windows. */
export function fieldNode(
  name: string,
  channels: readonly ShownChannel[],
  dtype: PixelType,
  phenoprint: Readonly<Record<string, unknown>>,
): ZarrNode {
  const axes = [
    { name: 'c', type: 'channel' },
    { name: 'y', type: 'space' },
    { name: 'x', type: 'space' },
  ]
  const datasets = [{ path: '0', coordinateTransformations: [{ type: 'scale', scale: [1, 1, 1] }] }]
  const max = greatest(dtype)
  const omero = {
    channels: channels.map(({ name: label, color, start, end }) => ({
      label,
      color,
      active: true,
      window: { min: 0, max, start, end },
    })),
  }
  const multiscales = [{ name, axes, datasets }]
  return groupNode({ ome: { version: omeVersion, multiscales, omero }, phenoprint })
}

const littleEndian = { name: 'bytes', configuration: { endian: 'little' } }
const checksum = { name: 'crc32c' }

function arrayNode(
  shape: readonly number[],
  dtype: string,
  chunk: readonly number[],
  codecs: readonly unknown[],
  fill: number | 'NaN',
  names: readonly string[],
): ZarrNode {
  return {
    zarr_format: 3,
    node_type: 'array',
    shape,
    data_type: dtype,
    chunk_grid: { name: 'regular', configuration: { chunk_shape: chunk } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    fill_value: fill,
    codecs,
    attributes: {},
    dimension_names: names,
    storage_transformers: [],
  }
}

/** The pixels of a site: one shard, one inner chunk a tile. */
export function imageArrayNode(of: Tiling, codec: 'none' | 'zstd'): ZarrNode {
  const { channels, height, width, dtype } = of.image
  const { tile } = of
  const compressor = { name: 'zstd', configuration: { level: 1, checksum: false } }
  const sharding = {
    name: 'sharding_indexed',
    configuration: {
      chunk_shape: [channels, tile.height, tile.width],
      codecs: codec === 'zstd' ? [littleEndian, compressor, checksum] : [littleEndian, checksum],
      index_codecs: [littleEndian, checksum],
      index_location: 'end',
    },
  }
  const shard = [channels, of.rows * tile.height, of.columns * tile.width]
  return arrayNode([channels, height, width], dtype, shard, [sharding], 0, ['c', 'y', 'x'])
}

/** What is known of each site of a plate, in the order of its sites, and of all of them together. */
export function statisticsNodes(
  sites: number,
  { channels, height, width, dtype }: ImageShape,
  sitesPerChunk: number,
): Record<'mean' | 'variance' | 'histogram' | 'digest' | 'field', ZarrNode> {
  const bins = histogramBins[dtype]
  const plain = [littleEndian, checksum]
  const packed = [littleEndian, { name: 'gzip', configuration: { level: 1 } }, checksum]
  const moment = (shape: readonly number[]) =>
    arrayNode(shape, 'float64', shape, plain, 'NaN', ['site', 'c'])
  const { rows, columns } = blockGrid(height, width)
  const field = [channels, rows, columns]
  return {
    mean: moment([sites, channels]),
    variance: moment([sites, channels]),
    histogram: arrayNode(
      [sites, channels, bins],
      'uint32',
      [sitesPerChunk, channels, bins],
      packed,
      0,
      ['site', 'c', 'bin'],
    ),
    field: arrayNode(field, 'float64', field, plain, 'NaN', ['c', 'y', 'x']),
    digest: arrayNode([sites, 32], 'uint8', [sites, 32], plain, 0, ['site', 'byte']),
  }
}
