import { camelCase } from '../dist/ops/operator.js'

/**
 * From an operator's schema to a TypeScript signature.
 *
 * @typedef {import('../dist/index.js').Schema} Schema
 * @typedef {import('../dist/index.js').SchemaValue} SchemaValue
 *
 * @typedef {object} Operator
 * @property {string} name of the function in TypeScript.
 * @property {Schema} schema
 */

const types = {
  Tensor: 'Tensor',
  Scalar: 'Scalar',
  int: 'number',
  SymInt: 'number',
  float: 'number',
  SymFloat: 'number',
  bool: 'boolean',
  SymBool: 'boolean',
  str: 'string',
  complex: 'ComplexScalar',
  ScalarType: 'DType',
  Layout: 'Layout',
  MemoryFormat: 'MemoryFormat',
  Device: 'Device',
  Generator: 'Generator',
}

/** Arguments of type Tensor where a number is as good. */
const numbersToo = new Set(['other'])

/**
 * The name of an overload that is not the first of its operator: `sum` and `dim_IntList` give `sumDimIntList`.
 *
 * @param {string} name
 * @param {string} overload
 */
export function overloadName(name, overload) {
  const [, stem, end] = /^(.*?)(_*)$/.exec(name) ?? []
  const suffix = overload
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
  return camelCase(stem ?? name) + suffix + end
}

/**
 * @param {string} type as a schema has it.
 * @returns {string}
 */
function typeOf(type, list = 'readonly ') {
  if (type.endsWith('?')) return `${typeOf(type.slice(0, -1), list)} | null`
  if (type.endsWith('[]')) {
    const element = typeOf(type.slice(0, -2), list)
    return `${list}${element.includes(' ') ? `(${element})` : element}[]`
  }
  const known = types[/** @type {keyof typeof types} */ (type)]
  if (known === undefined) throw new Error(`no TypeScript type for the schema's ${type}`)
  return known
}

/**
 * @param {SchemaValue} value
 */
function parameterType(value) {
  const type = typeOf(value.type)
  if (value.type === 'Tensor' && numbersToo.has(value.name)) return 'Tensor | Scalar'
  // One number for a list of a fixed length stands for all its elements.
  if (value.length !== undefined && /^(Sym)?[Ii]nt\[\]\??$/.test(value.type))
    return `number | ${type}`
  return type
}

const reserved = new Set([
  'default',
  'delete',
  'function',
  'in',
  'new',
  'this',
  'typeof',
  'var',
  'with',
])

/**
 * A name that may be declared: words of the language get an underscore.
 *
 * @param {string} name
 */
export function declarable(name) {
  return reserved.has(name) ? `${name}_` : name
}

/**
 * Which arguments stand by place, and which in the options: by place all up to the last that must be
 * given, but not those that the schema itself wants by name.
 *
 * @param {Schema} schema
 */
export function splitParameters({ parameters }) {
  /** @param {SchemaValue} value */
  const mustBeGiven = (value) => value.defaultValue === undefined && !value.type.endsWith('?')
  const byPlace = parameters.filter((value) => !value.keywordOnly)
  const lastRequired = byPlace.findLastIndex(mustBeGiven)
  const positional = byPlace.slice(0, lastRequired + 1)
  const options = parameters.slice(positional.length)
  return { positional, options: options.map((value) => ({ value, required: mustBeGiven(value) })) }
}

/** @param {Schema} schema */
function resultType({ results }) {
  if (results.length === 0) return 'void'
  const all = results.map((result) =>
    result.type === 'Scalar' ? 'number' : typeOf(result.type, ''),
  )
  return all.length === 1 ? String(all[0]) : `[${all.join(', ')}]`
}

/**
 * @param {Schema} schema
 * @param {boolean} asMethod the first argument is `this`.
 * @returns {{ parameters: string, result: string }}
 */
export function signature(schema, asMethod) {
  const { positional, options } = splitParameters(schema)
  const shown = asMethod ? positional.slice(1) : positional
  const parameters = shown.map(
    (value) => `${declarable(camelCase(value.name))}: ${parameterType(value)}`,
  )
  if (options.length > 0) {
    const fields = options.map(({ value, required }) => {
      const type = parameterType(value)
      return required
        ? `${camelCase(value.name)}: ${type}`
        : `${camelCase(value.name)}?: ${type} | undefined`
    })
    const optional = options.some(({ required }) => required) ? '' : '?'
    parameters.push(`options${optional}: { ${fields.join('; ')} }`)
  }
  const first = schema.parameters[0]
  const inPlace =
    asMethod &&
    first?.written === true &&
    schema.results.length === 1 &&
    schema.results[0]?.type === 'Tensor'
  return { parameters: parameters.join(', '), result: inPlace ? 'this' : resultType(schema) }
}

/**
 * An operator is a method, too, when its first argument is the tensor `self`.
 *
 * @param {Schema} schema
 */
export function isMethod(schema) {
  const first = splitParameters(schema).positional[0]
  return first?.name === 'self' && first.type === 'Tensor'
}
