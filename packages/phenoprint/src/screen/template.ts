import { ConfigError } from '../errors.js'

/** A pattern such as `{experiment}/Plate{plate}/{well}.png`: words, and names in braces. */
export interface Template {
  readonly source: string
  /** Words at even places, names at odd ones: one more word than names. */
  readonly pieces: readonly string[]
}

/**
 * Reads a pattern.
 *
 * @param key The configuration key that holds it, for the message.
 * @throws {ConfigError} when a brace is left open, closes nothing, or holds nothing.
 */
export function parseTemplate(source: string, key: string): Template {
  const pieces = source.split(/\{([^{}]+)\}/)
  const stray = pieces.find((piece, index) => index % 2 === 0 && /[{}]/.test(piece))
  if (stray !== undefined) {
    throw new ConfigError(
      `${key}: got "${source}", in which the braces of "${stray}" do not pair up around a name; expected names in braces, such as {well}. Mend the pattern.`,
    )
  }
  return { source, pieces }
}

/** The names in braces, in order. */
export function templateNames(template: Template): string[] {
  return template.pieces.filter((_, index) => index % 2 === 1)
}

/** The pattern with each name replaced by its value. */
export function fillTemplate(template: Template, value: (name: string) => string): string {
  let filled = ''
  template.pieces.forEach((piece, index) => {
    filled += index % 2 === 0 ? piece : value(piece)
  })
  return filled
}
