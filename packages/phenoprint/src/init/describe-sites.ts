import { fillTemplate, parseTemplate, templateNames } from '../screen/template.js'
import type { DescribedScreen, TableInput } from './described-screen.js'
import type { FoundSite, FoundSites } from './gather-sites.js'
import type { WellNotes } from './join-tables.js'
import { type Column, columnNamed, roleColumn } from './label-columns.js'
import { stainColor } from './stain-colors.js'

/** Stands for a missing image where paths are listed one by one: no file is called so. */
const noImage = 'missing'

/**
 * A screen from the names of its images, with a table made of them: a row a site, what the tables of
 * its wells say behind it.
 */
export function describeSites(found: FoundSites, wells: WellNotes | null): DescribedScreen {
  const pattern = patternThatHolds(found)
  const { parts, sites, channels } = found
  const places = (['experiment', 'plate', 'well', 'site', 'row', 'column', 'part'] as const).filter(
    (name) =>
      name === 'plate' || name === 'well' || (parts.has(name) && sites.some((s) => s[name] !== '')),
  )
  const files =
    pattern === null ? (channels.length === 0 ? ['image'] : channels.map(fileColumn)) : []
  const own = [...places, ...files]
  const noted = (wells?.columns ?? []).map((name) => freeName(name, own))
  const header = [...own, ...noted]
  const rows = sites.map((site) => [
    ...places.map((name) => site[name]),
    ...(files.length > 0 ? site.images.map((path) => path ?? noImage) : []),
    ...(wells === null ? [] : (wells.of(site) ?? noted.map(() => ''))),
  ])
  const values = header.map(
    (name, at): Column => ({ name, values: rows.map((row) => row[at] ?? '') }),
  )
  return {
    naming: found.naming,
    table: { header, rows },
    values,
    images: pattern ?? (channels.length === 0 ? '{image}' : '{channel}'),
    channels:
      channels.length === 0
        ? [{ name: 'channel 1' }]
        : channels.map((channel, i) =>
            withColor(
              found.channelNames[i] ?? channel,
              pattern === null ? `{${fileColumn(channel)}}` : channel,
            ),
          ),
    oneFile: channels.length === 0,
    example: sites.flatMap(({ images }) => images).find((path) => path !== null) ?? '',
    columns: placeColumns(places, values),
    notes: notesOf(found, wells),
  }
}

/** A channel, shown in the colour of its stain where its name tells it. */
export function withColor(name: string, file: string): TableInput['channels'][number] {
  const color = stainColor(name)
  return color === null ? { name, file } : { name, color, file }
}

/** The pattern of the paths, where it gives back every one of them from the columns of the table. */
function patternThatHolds({ pattern, sites, channels }: FoundSites): string | null {
  if (
    pattern === null ||
    sites.some(({ images }) => images.some((path) => /[{}]/.test(path ?? '')))
  ) {
    return null
  }
  const template = parseTemplate(pattern, 'screen.images')
  const names = templateNames(template)
  if (new Set(names).size !== names.length) return null
  const holds = (site: FoundSite) =>
    site.images.every((path, channel) => {
      const values = new Map(Object.entries({ ...site, channel: channels[channel] ?? '' }))
      const value = (name: string) => String(values.get(name) ?? '')
      return path === null || fillTemplate(template, value) === path
    })
  return sites.every(holds) ? pattern : null
}

function placeColumns(places: readonly string[], values: readonly Column[]): TableInput['columns'] {
  const cellType = columnNamed(values, /^(?:metadata_)?cell_?(?:type|line)$/i)
  const experiment = places.includes('experiment')
    ? 'experiment'
    : columnNamed(values, /^(?:metadata_)?(?:experiment|batch)$/i)
  const role = roleColumn(values)
  return {
    ...(experiment === null ? {} : { experiment }),
    ...(cellType === null ? {} : { cellType }),
    plate: 'plate',
    well: 'well',
    ...(places.includes('site') ? { site: 'site' } : {}),
    ...(role === null ? {} : { role }),
    ...(places.includes('part') ? { part: 'part' } : {}),
  }
}

function notesOf({ notes, sites }: FoundSites, wells: WellNotes | null): string[] {
  if (wells === null) return [...notes]
  const without = sites.filter((site) => wells.of(site) === null).length
  const names = wells.tables.map(({ path }) => path)
  return [
    ...notes,
    `wells described by ${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}${without > 0 ? `; nothing is said of ${without.toLocaleString('en')} of ${sites.length.toLocaleString('en')} sites` : ''}`,
  ]
}

function fileColumn(channel: string): string {
  return `image_${channel}`
}

function freeName(name: string, taken: readonly string[]): string {
  return taken.includes(name) ? `noted_${name}` : name
}
