/** A field of view in an OME-Zarr plate. */
export interface FieldPath {
  /** The plate: a folder, or an archive `.ozx`. */
  readonly plate: string
  /** The field's group in it: `B/02/0`. */
  readonly field: string
}

/** A path that leads into an OME-Zarr plate (`plates/P1.ozx/B/02/0`) in two; null for any other. */
export function fieldPath(path: string): FieldPath | null {
  const match = /^(.*?\.(?:ozx|zarr))[/\\](.+)$/i.exec(path)
  const [, plate, field] = match ?? []
  return plate === undefined || field === undefined
    ? null
    : { plate, field: field.replaceAll('\\', '/') }
}
