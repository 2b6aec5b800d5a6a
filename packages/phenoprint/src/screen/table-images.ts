import { didYouMean } from '../did-you-mean.js'
import { ConfigError } from '../errors.js'
import type { CsvRow, CsvTable } from './csv-table.js'
import { fillTemplate, parseTemplate, type Template, templateNames } from './template.js'

/** What a row was read as: these names stand for themselves where the table has no such column. */
export interface PlaceNames {
  readonly experiment: string
  readonly cellType: string
  readonly plate: string
  readonly well: string
  readonly site: string
}

const placeNames = ['experiment', 'cellType', 'plate', 'well', 'site'] as const

type Source = { readonly column: number } | { readonly place: keyof PlaceNames }

/** Image paths of a site below the screen's folder. */
export type ImagePaths = (row: CsvRow, place: PlaceNames) => string[]

/**
 * The path pattern of a table, ready to be filled row by row.
 *
 * @param channels What `{channel}` stands for, in channel order: itself a pattern. Without
 *   `{channel}` in the path, one file holds all channels.
 * @throws {ConfigError} for a name that is neither a column nor a place.
 */
export function imagePaths(
  table: CsvTable,
  source: string,
  channels: readonly string[],
): ImagePaths {
  const path = parseTemplate(source, 'screen.images')
  const sources = resolveNames(table, path, 'screen.images', true)
  if (!templateNames(path).includes('channel')) {
    return (row, place) => [fill(table, path, sources, row, place, '')]
  }
  const files = channels.map((file) => {
    const template = parseTemplate(file, 'screen.channels[].file')
    return { template, sources: resolveNames(table, template, 'screen.channels[].file', false) }
  })
  return (row, place) =>
    files.map((file) => {
      const channel = fill(table, file.template, file.sources, row, place, '')
      return fill(table, path, sources, row, place, channel)
    })
}

function resolveNames(
  table: CsvTable,
  template: Template,
  key: string,
  withChannel: boolean,
): ReadonlyMap<string, Source> {
  const sources = new Map<string, Source>()
  for (const name of templateNames(template)) {
    if (withChannel && name === 'channel') continue
    const column = table.find(name)
    const place = placeNames.find((known) => known === name)
    if (column !== null) sources.set(name, { column })
    else if (place !== undefined) sources.set(name, { place })
    else {
      const known = [...table.header, ...placeNames, ...(withChannel ? ['channel'] : [])]
      throw new ConfigError(
        `${key}: got "{${name}}" in "${template.source}", which is neither a column of ${table.path} nor one of ${placeNames.join(', ')}${withChannel ? ', channel' : ''}.${didYouMean(name, known)} Columns there: ${table.header.join(', ')}.`,
      )
    }
  }
  return sources
}

function fill(
  table: CsvTable,
  template: Template,
  sources: ReadonlyMap<string, Source>,
  row: CsvRow,
  place: PlaceNames,
  channel: string,
): string {
  return fillTemplate(template, (name) => {
    const source = sources.get(name)
    if (source === undefined) return channel
    return 'column' in source ? table.value(row, source.column) : place[source.place]
  })
}
