/** What the application shows, as its address says: links to it can be shared. */
export interface Address {
  readonly view: 'home' | 'run' | 'store' | 'plate' | 'well' | 'wells' | 'unknown'
  readonly params: Params
}

/** Parameters of a view by name; what is not given is not there. */
export type Params = Readonly<Record<string, string>>

const views = ['run', 'store', 'plate', 'well', 'wells'] as const

/** Reads an address: its path, and its query with or without the question mark. */
export function readAddress(path: string, query: string): Address {
  const params = Object.fromEntries(new URLSearchParams(query))
  const name = path.replace(/^\//, '')
  if (name === '') return { view: 'home', params }
  return { view: views.find((view) => view === name) ?? 'unknown', params }
}

/** The address of a view. Parameters that are empty or undefined are left out. */
export function linkTo(
  view: Exclude<Address['view'], 'unknown'>,
  params: Readonly<Record<string, string | undefined>> = {},
): string {
  const given = Object.entries(params).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, value]],
  )
  const query = new URLSearchParams(given).toString()
  return `/${view === 'home' ? '' : view}${query === '' ? '' : `?${query}`}`
}

/** The address of a file of the served folder, or of an entry of an archive in it. */
export function fileLink(path: string): string {
  return `/files/${path.split('/').map(encodeURIComponent).join('/')}`
}
