/** A column and its values, one a row. */
export interface Column {
  readonly name: string
  readonly values: readonly string[]
}

/** What a column of labels is called, the likeliest first. */
const names = [
  /^(?:.*_)?labels?$/i,
  /^(?:.*_)?class$/i,
  /phenotype/i,
  /sirna/i,
  /perturb|pert_iname/i,
  /treatment/i,
  /compound|drug|broad_sample|molecule/i,
  /gene/i,
  /moa|mechanism|target/i,
]
const neverLabels =
  /(?:^|_)(?:id|path|file|url|time|date|x|y|z|row|col|column|frame|site|field|well|plate|experiment|batch|cell_?type|cell_?line|control|role|well_type|split|dataset|concentration|dose)(?:$|_)|filename|pathname|barcode/i

/**
 * Columns that may hold the label, the likeliest first: those with at least two values, some of
 * them given to several rows.
 */
export function labelColumns(columns: readonly Column[]): string[] {
  const scored = columns.flatMap(({ name, values }) => {
    const given = values.filter((value) => value !== '')
    const distinct = new Set(given)
    if (distinct.size < 2 || distinct.size > Math.max(2, 0.75 * given.length)) return []
    const rank = names.findIndex((pattern) => pattern.test(name))
    if (rank < 0 && neverLabels.test(name)) return []
    const measured = given.some((value) => /^-?\d+\.\d+$/.test(value))
    return measured ? [] : [{ name, rank: rank < 0 ? names.length : rank }]
  })
  return scored.sort((a, b) => a.rank - b.rank).map(({ name }) => name)
}

const negative =
  /^(?:dmso|mock|untreated|vehicle|empty|none|negative|neg|negcon|negative[ _-]?control|scrambled|non-?targeting|control)$/i
const positive = /^(?:positive|pos|poscon|poscon_\w+|positive[ _-]?control)$/i
const treated = /^(?:trt|treatment|treated|sample|compound|treated well)$/i

/** The role that a word means, or null for any other. */
export function roleOf(word: string): 'treatment' | 'negativeControl' | 'positiveControl' | null {
  if (negative.test(word)) return 'negativeControl'
  if (positive.test(word)) return 'positiveControl'
  return treated.test(word) ? 'treatment' : null
}

/** A column that says treatment or control, and nothing else; null where there is none. */
export function roleColumn(columns: readonly Column[]): string | null {
  const found = columns.find(({ values }) => {
    const distinct = new Set(values.filter((value) => value !== ''))
    return distinct.size > 1 && [...distinct].every((value) => roleOf(value) !== null)
  })
  return found?.name ?? null
}

/** The first column with such a name that tells groups of rows apart. */
export function columnNamed(columns: readonly Column[], name: RegExp): string | null {
  const found = columns.find(
    (column) => name.test(column.name) && column.values.some((v) => v !== ''),
  )
  return found?.name ?? null
}
