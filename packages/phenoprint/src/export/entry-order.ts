import { join } from 'node:path'
import { z } from 'zod'
import { StoreError } from '../errors.js'

const plateSchema = z.object({
  attributes: z.object({
    ome: z.object({ plate: z.object({ wells: z.array(z.object({ path: z.string() })) }) }),
  }),
})
const wellSchema = z.object({
  attributes: z.object({
    ome: z.object({ well: z.object({ images: z.array(z.object({ path: z.string() })) }) }),
  }),
})

/** In the order in which preprocess writes them: arrays, then their chunks. */
const nodes = ['mean', 'variance', 'histogram', 'field', 'digest']
const chunks = ['mean', 'variance', 'histogram', 'digest', 'field']

/**
 * Names of all entries of a plate's archive in the order in which preprocess writes them, from the
 * metadata of its directory form.
 *
 * @param names Paths of the files that are there, from the plate's folder.
 * @param read The text of one of them.
 * @throws {StoreError} when the metadata are not those of a plate, or files are missing or too many.
 */
export function entryOrder(
  folder: string,
  names: readonly string[],
  read: (name: string) => string,
): string[] {
  const parse = <T>(name: string, schema: z.ZodType<T>): T => {
    try {
      return schema.parse(JSON.parse(read(name)))
    } catch (cause) {
      throw fault(folder, `${name} is not that of a plate`, cause)
    }
  }
  const { wells } = parse('zarr.json', plateSchema).attributes.ome.plate
  const wellPaths = wells.map(({ path }) => path)
  const rows = [...new Set(wellPaths.map((path) => path.split('/')[0] ?? ''))]
  const fields = wellPaths.flatMap((well) =>
    parse(`${well}/zarr.json`, wellSchema).attributes.ome.well.images.map(
      ({ path }) => `${well}/${path}`,
    ),
  )
  const statistics = chunks.flatMap((name) =>
    names.filter((file) => file.startsWith(`statistics/${name}/c/`)).sort(byNumbers),
  )
  const groups = [
    '',
    ...[...rows, 'statistics'].map((path) => `${path}/`),
    ...[...wellPaths, ...nodes.map((name) => `statistics/${name}`)].map((path) => `${path}/`),
    ...fields.map((path) => `${path}/`),
    ...fields.map((path) => `${path}/0/`),
  ]
  const order = [
    ...groups.map((group) => `${group}zarr.json`),
    ...fields.map((field) => `${field}/0/c/0/0/0`),
    ...statistics,
  ]
  const there = new Set(names)
  const missing = order.find((name) => !there.has(name))
  if (missing !== undefined) throw fault(folder, `${missing} is missing`)
  const known = new Set(order)
  const extra = names.find((name) => !known.has(name))
  if (extra !== undefined) throw fault(folder, `${extra} is not part of a plate`)
  return order
}

/** `c/10/0/0` after `c/9/0/0`. */
function byNumbers(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

function fault(folder: string, what: string, cause?: unknown): StoreError {
  return new StoreError(
    `export: ${join(folder, '')}: ${what}. Only what export wrote can be packed again: export the store anew.`,
    { cause },
  )
}
