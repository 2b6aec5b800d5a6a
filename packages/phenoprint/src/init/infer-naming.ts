import type { Naming, PlacePart, PlaceSpan } from './place-pattern.js'

/** A word of a path: a whole folder name, or a piece of a file name. */
interface Word {
  readonly text: string
  readonly from: number
  readonly folder: boolean
}

/** What a word position holds over all images. */
interface Position {
  readonly folder: boolean
  readonly values: ReadonlySet<string>
  /** The letters that all values begin with before a number, or null where there is no such form. */
  readonly prefix: string | null
  part: PlacePart | null
}

const wellWord = /^(?:well[-_ ]?)?[A-Pa-p]{1,2}\d{1,2}$/i
const wellPrefix = /^well[-_ ]?/i
/** What letters before a number mean; a single letter may also be the row of a well. */
const prefixes: readonly (readonly [RegExp, PlacePart])[] = [
  [/^(?:s|site|f|field|fov|pos|position|xy|tile)$/i, 'site'],
  [/^(?:w|c|ch|channel|wave|wv|d)$/i, 'channel'],
  [/^(?:z|slice|plane|zstep)$/i, 'plane'],
  [/^(?:t|tp|time|timepoint)$/i, 'time'],
  [/^(?:plate|barcode|pl)$/i, 'plate'],
  [/^(?:exp|experiment|batch|run|week)$/i, 'experiment'],
  [/^(?:r|row)$/i, 'row'],
  [/^(?:c|col|column)$/i, 'column'],
]
/** More stains than this no microscope has. */
const mostChannels = 12

/**
 * Infers from what varies how images are named: which word of their paths is the well, the site, the
 * channel, the plate, the experiment. Folder names are words as they are, file names are cut at
 * `_ - . ,` and spaces, and words such as `B02s1w3` into their letters with numbers.
 *
 * @param paths Of all images, below their folder.
 * @returns Null where no word is a well; images that are named unlike most are not read by it.
 */
export function inferNaming(paths: readonly string[]): Naming | null {
  const splits = new Map<string, boolean[]>()
  const groups = new Map<string, string[]>()
  for (const path of paths) {
    const key = shapeOf(path)
    const members = groups.get(key)
    if (members === undefined) groups.set(key, [path])
    else members.push(path)
  }
  const [shape, members] = [...groups].sort(([, a], [, b]) => b.length - a.length)[0] ?? []
  if (shape === undefined || members === undefined) return null
  const compound = compoundWords(members.map((path) => words(path, [])))
  splits.set(shape, compound)
  const rows = members.map((path) => words(path, compound))
  const positions = positionsOf(rows)
  if (!assignParts(positions, members.length)) return null
  const read = (path: string): PlaceSpan[] | null => {
    const split = splits.get(shapeOf(path))
    if (split === undefined) return null
    const found = words(path, split)
    if (found.length !== positions.length) return null
    return found.flatMap((word, index) => spanOf(word, positions[index]))
  }
  return { name: 'inferred from what varies', read, channelNames: new Map() }
}

/** Depth, and what separates the words of the file name. */
function shapeOf(path: string): string {
  const file = path.slice(path.lastIndexOf('/') + 1)
  return `${path.split('/').length}:${file.replace(/[^_\-., ]+/g, 'x')}`
}

function words(path: string, compound: readonly boolean[]): Word[] {
  const fileFrom = path.lastIndexOf('/') + 1
  const found: Word[] = []
  for (const match of path.slice(0, fileFrom).matchAll(/[^/]+/g)) {
    found.push({ text: match[0], from: match.index, folder: true })
  }
  const end = path.lastIndexOf('.')
  let index = 0
  for (const match of path.slice(fileFrom, end).matchAll(/[^_\-., ]+/g)) {
    const from = fileFrom + match.index
    if (compound[index++] !== true) found.push({ text: match[0], from, folder: false })
    else {
      for (const piece of match[0].matchAll(/[A-Za-z]+\d+/g)) {
        found.push({ text: piece[0], from: from + piece.index, folder: false })
      }
    }
  }
  return found
}

/** Which words of the file name are always letters with numbers, twice or more, in the same number. */
function compoundWords(rows: readonly (readonly Word[])[]): boolean[] {
  const names = rows.map((row) => row.filter((word) => !word.folder))
  return (names[0] ?? []).map((_, index) => {
    const counts = new Set(
      names.map((name) => {
        const text = name[index]?.text ?? ''
        return /^(?:[A-Za-z]+\d+){2,}$/.test(text) ? (text.match(/[A-Za-z]+\d+/g)?.length ?? 0) : 0
      }),
    )
    return counts.size === 1 && !counts.has(0)
  })
}

function positionsOf(rows: readonly (readonly Word[])[]): Position[] {
  return (rows[0] ?? []).map(({ folder }, index) => {
    const values = new Set(rows.map((row) => row[index]?.text ?? ''))
    const found = new Set(
      [...values].map((value) => /^([A-Za-z]+[-_ ]?)\d+$/.exec(value)?.[1] ?? null),
    )
    const [prefix = null] = found
    return { folder, values, prefix: found.size === 1 ? prefix : null, part: null }
  })
}

/** Says what each position is; false where nothing is a well. */
function assignParts(positions: readonly Position[], images: number): boolean {
  const has = (part: PlacePart) => positions.some((position) => position.part === part)
  const free = (position: Position) => position.part === null && position.values.size > 1
  assignWell(positions)
  if (!has('well') && !(has('row') && has('column'))) return false
  for (const position of positions) {
    if (position.part !== null || position.prefix === null) continue
    const bare = position.prefix.replace(/[-_ ]$/, '')
    const part = prefixes.find(([pattern]) => pattern.test(bare))?.[1]
    // A number that never varies says nothing, but for the plate that all images are of.
    if (part === undefined || has(part) || (position.values.size === 1 && part !== 'plate'))
      continue
    position.part = part
  }
  const trainTest = positions.find(
    (position) =>
      free(position) && [...position.values].every((value) => /^(train|test)$/i.test(value)),
  )
  if (trainTest !== undefined) trainTest.part = 'part'
  const folders = positions.filter((position) => position.folder && free(position)).reverse()
  const numbersOfSites = (position: Position) =>
    [...position.values].every((value) => /^\d+$/.test(value))
  for (const folder of folders) {
    const isChannel = !numbersOfSites(folder) && folder === folders[0] && stains(folder.values)
    if (isChannel && !has('channel')) folder.part = 'channel'
    else if (!has('plate')) folder.part = 'plate'
    else if (!has('experiment')) folder.part = 'experiment'
    else folder.part = 'rest'
  }
  const well = positions.findIndex(({ part }) => part === 'well' || part === 'row')
  positions.forEach((position, index) => {
    if (free(position) && index < well && !has('plate')) position.part = 'plate'
  })
  const behind = positions.filter(free).reverse()
  for (const position of behind) {
    const few = position.values.size <= mostChannels && position.values.size < images
    const number = numbersOfSites(position)
    const twoNumbers = behind.filter((other) => free(other) && numbersOfSites(other)).length > 1
    if (few && !has('channel') && (!number || twoNumbers)) position.part = 'channel'
    else if (number && !has('site') && position.values.size < images) position.part = 'site'
    else position.part = 'rest'
  }
  return true
}

const stain =
  /dapi|hoechst|dna|gfp|rfp|cy[357]|fitc|tritc|actin|tubulin|mito|golgi|er\b|rna|agp|phalloidin|bright|phase|nucle/i

function stains(values: ReadonlySet<string>): boolean {
  return values.size <= mostChannels && [...values].some((value) => stain.test(value))
}

/** The well: the word of letter and number whose letters and numbers vary most, or row and column. */
function assignWell(positions: readonly Position[]): void {
  const rows = positions.filter(({ prefix }) => /^(r|row)[-_ ]?$/i.test(prefix ?? ''))
  const columns = positions.filter(({ prefix }) => /^(c|col|column)[-_ ]?$/i.test(prefix ?? ''))
  const candidates = positions
    .filter(({ values }) => [...values].every((value) => wellWord.test(value)))
    .filter(({ prefix, values }) => {
      if (prefix === null || wellPrefix.test(prefix)) return true
      // One row of letters may be a site or a channel: such words name wells with two digits.
      const known = prefixes.some(([pattern]) => pattern.test(prefix))
      return (
        !known ||
        ([...values].every((value) => /^[A-Z]\d\d$/.test(value)) && !/^[SWTZ]/.test(prefix))
      )
    })
    .sort((a, b) => score(b) - score(a))
  const [row] = rows
  const [column] = columns
  if (
    row !== undefined &&
    column !== undefined &&
    candidates.every(({ prefix }) => prefix !== null)
  ) {
    row.part = 'row'
    column.part = 'column'
    return
  }
  const [well] = candidates
  if (well !== undefined) well.part = 'well'
}

/** Words whose letters vary are wells before those whose letters do not. */
function score({ prefix, values }: Position): number {
  return (prefix === null || wellPrefix.test(prefix) ? 1e9 : 0) + values.size
}

function spanOf(word: Word, position: Position | undefined): PlaceSpan[] {
  if (position?.part === null || position === undefined) return []
  const { part, prefix } = position
  const bare = part === 'well' ? (wellPrefix.exec(word.text)?.[0] ?? '') : cutPrefix(part, prefix)
  return [{ part, from: word.from + bare.length, to: word.from + word.text.length }]
}

/** A prefix that only says what the number is stays in the pattern. */
function cutPrefix(part: PlacePart, prefix: string | null): string {
  if (prefix === null || part === 'rest') return ''
  const bare = prefix.replace(/[-_ ]$/, '')
  return prefixes.some(([pattern, meant]) => meant === part && pattern.test(bare)) ? prefix : ''
}
