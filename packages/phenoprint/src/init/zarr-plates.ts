import { join } from 'node:path'
import { basename } from 'node:path/posix'
import { z } from 'zod'
import { ScreenError, StoreError } from '../errors.js'
import { openContainer, type ZarrContainer } from '../store/zarr-container.js'
import { count } from '../words.js'
import type { FoundSite, FoundSites } from './gather-sites.js'

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

/** What a plate's name ends in, the folder before it aside. */
const ending = /(?:\.ome)?\.(?:zarr|ozx)$/i

/**
 * The fields of OME-Zarr 0.5 plates, as their metadata tell them.
 *
 * @param zarrs Folders and archives below the folder.
 * @returns Null where none of them is a plate.
 */
export async function gatherFields(
  folder: string,
  zarrs: readonly string[],
): Promise<FoundSites | null> {
  const sites: FoundSite[] = []
  const strangers: string[] = []
  const plates = new Map<string, string>()
  for (const path of zarrs) {
    const fields = ending.test(path) ? await fieldsOf(join(folder, path)) : null
    if (fields === null) {
      strangers.push(path)
      continue
    }
    const plate = basename(path).replace(ending, '')
    const twin = plates.get(plate)
    if (twin !== undefined) {
      throw new ScreenError(
        `init: ${join(folder, twin)} and ${path} would both be plate ${plate}, expected plates of different names. Rename one, or name a folder that holds one of them.`,
      )
    }
    plates.set(plate, path)
    for (const { row, column, site } of fields) {
      const image = `${path}/${row}/${column}/${site}`
      const place = { experiment: '', plate, well: `${row}${column}`, site, part: '', row, column }
      sites.push({ ...place, images: [image] })
    }
  }
  if (sites.length === 0) return null
  const [first = ''] = plates.values()
  const [last = ''] = ending.exec(first) ?? []
  const above = first.slice(0, -basename(first).length)
  return {
    naming: 'OME-Zarr plates, read in place',
    channels: [],
    channelNames: [],
    pattern: `${above}{plate}${last}/{row}/{column}/{site}`,
    sites,
    parts: new Set(['plate', 'well', 'row', 'column', 'site']),
    notes:
      strangers.length === 0
        ? []
        : [
            `${count(strangers.length, 'Zarr')} left out that is no OME-Zarr plate, such as ${strangers[0]}`,
          ],
  }
}

interface Field {
  readonly row: string
  readonly column: string
  readonly site: string
}

/** Null where it is no plate of OME-Zarr 0.5. */
async function fieldsOf(path: string): Promise<readonly Field[] | null> {
  let container: ZarrContainer
  try {
    container = openContainer(path)
  } catch (error) {
    if (error instanceof StoreError) return null
    throw error
  }
  using plate = container
  const root = plateSchema.safeParse(await readNode(plate, ''))
  if (!root.success) return null
  const fields: Field[] = []
  for (const { path: well } of root.data.attributes.ome.plate.wells) {
    const [row = '', column = ''] = well.split('/')
    const node = wellSchema.safeParse(await readNode(plate, `/${well}`))
    for (const image of node.data?.attributes.ome.well.images ?? []) {
      fields.push({ row, column, site: image.path })
    }
  }
  return fields
}

async function readNode(plate: ZarrContainer, group: '' | `/${string}`): Promise<unknown> {
  const bytes = await plate.get(`${group}/zarr.json`)
  try {
    return bytes === undefined ? null : JSON.parse(Buffer.from(bytes).toString())
  } catch {
    return null
  }
}
