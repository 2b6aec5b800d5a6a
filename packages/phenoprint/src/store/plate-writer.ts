import type { Codec, EncodedSite } from './encode-site.js'
import {
  archiveComment,
  fieldNode,
  groupNode,
  imageArrayNode,
  plateNode,
  statisticsNodes,
  wellNode,
  type ZarrNode,
} from './metadata.js'
import { fieldChunk, PlateField } from './plate-field.js'
import type { PlatePlan } from './plate-plan.js'
import type { ShownChannel } from './shown-channels.js'
import { histogramsPerChunk, plateDigest } from './site-statistics.js'
import { StatisticsTable } from './statistics-table.js'
import type { Tiling } from './tiling.js'
import { ZipWriter } from './zip-writer.js'

/** Where a plate came from, as its file tells it. */
export interface PlateOrigin {
  /** Attributes of the plate: settings and the digest of its list of source files. */
  readonly plate: Readonly<Record<string, unknown>>
  /** Source files of each site, in the plan's order. */
  readonly sources: readonly (readonly (string | null)[])[]
}

export interface WrittenPlate {
  readonly bytes: number
  readonly digest: string
}

/**
 * Writes one plate as an `.ozx`: whole under its name, or not at all.
 *
 * @param codec `in place` where the pixels stay where they are: then only what is known of them is written.
 * @param shown How viewers show its channels.
 * @param sites In the plan's order.
 * @throws {MachineError} when the disk is full.
 */
export async function writePlate(
  path: string,
  plan: PlatePlan,
  of: Tiling,
  codec: Codec | 'in place',
  origin: PlateOrigin,
  shown: readonly ShownChannel[],
  sites: AsyncIterable<EncodedSite>,
): Promise<WrittenPlate> {
  using zip = new ZipWriter(path)
  for (const [name, node] of breadthFirst(plateNodes(plan, of, codec, origin, shown))) {
    zip.add(name === '' ? 'zarr.json' : `${name}/zarr.json`, Buffer.from(JSON.stringify(node)))
  }
  const statistics = new StatisticsTable(plan.sites.length, of.image)
  const field = new PlateField(of.image)
  let next = 0
  for await (const site of sites) {
    const planned = plan.sites[next++]
    if (planned === undefined) throw new RangeError(`more sites than the ${next - 1} planned`)
    if (site.shard !== null) zip.add(`${planned.path}/0/c/0/0/0`, site.shard)
    field.add(site.blockMeans, site.missing)
    statistics.add(site.statistics, site.digest)
  }
  if (next !== plan.sites.length) throw new RangeError(`${next} sites of ${plan.sites.length}`)
  for (const [name, bytes] of statistics.chunks()) zip.add(name, bytes)
  zip.add(fieldChunk, field.encode())
  zip.finish(archiveComment)
  return { bytes: zip.bytes, digest: plateDigest(plan.sites, statistics.digest) }
}

/** Every group and array of a plate, parents before children. */
function* plateNodes(
  plan: PlatePlan,
  of: Tiling,
  codec: Codec | 'in place',
  origin: PlateOrigin,
  shown: readonly ShownChannel[],
): Generator<readonly [path: string, node: ZarrNode]> {
  const { sites } = plan
  if (codec === 'in place') yield ['', groupNode({ phenoprint: origin.plate })]
  else yield* pixelNodes(plan, of, codec, origin, shown)
  yield ['statistics', groupNode()]
  const nodes = statisticsNodes(sites.length, of.image, histogramsPerChunk(of.image))
  for (const [name, node] of Object.entries(nodes)) yield [`statistics/${name}`, node]
}

/** The plate itself, its rows, wells, fields and images. */
function* pixelNodes(
  { plate, grid, wells }: PlatePlan,
  of: Tiling,
  codec: Codec,
  origin: PlateOrigin,
  shown: readonly ShownChannel[],
): Generator<readonly [path: string, node: ZarrNode]> {
  const fieldCount = Math.max(...wells.map((well) => well.sites.length))
  const places = wells.map((well) => well.place)
  yield ['', plateNode(plate.id, grid, places, fieldCount, origin.plate)]
  const array = imageArrayNode(of, codec)
  const rows = new Set<string>()
  let index = 0
  for (const { well, place, sites: fields } of wells) {
    if (!rows.has(place.row)) yield [place.row, groupNode()]
    rows.add(place.row)
    yield [`${place.row}/${place.column}`, wellNode(well, fields.length)]
    for (const { id, path } of fields) {
      const ofField = { site: id, sources: origin.sources[index++] ?? [] }
      yield [path, fieldNode(id, shown, of.image.dtype, ofField)]
      yield [`${path}/0`, array]
    }
  }
}

/** Nearest the root first; within a depth as they came. */
function breadthFirst(
  nodes: Iterable<readonly [path: string, node: ZarrNode]>,
): (readonly [path: string, node: ZarrNode])[] {
  const depth = (path: string) => (path === '' ? 0 : path.split('/').length)
  return [...nodes].sort(([a], [b]) => depth(a) - depth(b))
}
