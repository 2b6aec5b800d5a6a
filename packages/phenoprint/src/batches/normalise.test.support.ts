import { normalise as normaliseSchema } from '../config/batches.js'
import type { Section } from '../config/config.js'

/** A section as the configuration gives it, defaults filled in. */
export function normaliseSection(
  fields: Readonly<Record<string, unknown>> = {},
): Section<'normalise'> {
  return normaliseSchema.parse(fields)
}
