/** Expansion failed: the message lacks only the place. */
export class ExpansionFault extends Error {}

const reference = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^${}]*))?\}|\$\{/g

/**
 * Replaces `${NAME}` and `${NAME:-default}` by environment variables; the default stands in where
 * the variable is unset or empty. `$${` is a `${` that stays.
 *
 * @throws {ExpansionFault} when a variable without a default is unset, or a `${` does not end.
 */
export function expandVariables(text: string, environment: NodeJS.ProcessEnv): string {
  return text.replaceAll(reference, (match, name?: string, fallback?: string) => {
    if (match === '$${') return '${'
    if (name === undefined) {
      throw new ExpansionFault(
        `cannot read the variable in "${text}": expected \${NAME} or \${NAME:-default}, and $\${ for a literal \${`,
      )
    }
    const value = environment[name]
    if (fallback !== undefined) return value || fallback
    if (value === undefined) {
      throw new ExpansionFault(
        `the environment variable ${name} is not set. Set it, or give a default: \${${name}:-value}`,
      )
    }
    return value
  })
}

/** A number, true or false where an unquoted text reads as one, as YAML would have read it. */
export function retype(text: string): string | number | boolean {
  if (text === 'true') return true
  if (text === 'false') return false
  const number = /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/
  return number.test(text) ? Number(text) : text
}
