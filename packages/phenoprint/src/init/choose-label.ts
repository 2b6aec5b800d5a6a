import { didYouMean } from '../did-you-mean.js'
import { UsageError } from '../errors.js'
import type { DescribedScreen } from './described-screen.js'
import type { InitRequest } from './init.js'
import { labelColumns } from './label-columns.js'

/**
 * The column of the label: the one asked for, the only one there is, or what a person answers.
 *
 * @returns Null where no column can be one, or a person says so.
 * @throws {UsageError} when the column asked for is not there.
 */
export async function chooseLabel(
  { values, columns, table, images }: DescribedScreen,
  request: Pick<InitRequest, 'label' | 'ask'>,
): Promise<string | null> {
  const { label } = request
  if (label !== null) {
    const names = values.map(({ name }) => name)
    if (names.includes(label)) return label
    const where = typeof table === 'string' ? table : 'the tables of the folder'
    throw new UsageError(
      `init: --label ${label}: no such column in ${where}.${didYouMean(label, names)} Columns there: ${names.join(', ')}.`,
    )
  }
  const places = Object.values(columns).join(' ')
  const free = values.filter(
    ({ name }) =>
      !new RegExp(`(?:^| |\\{)${escaped(name)}(?:$| |\\})`).test(places) &&
      !images.includes(`{${name}}`),
  )
  const candidates = labelColumns(free)
  const [first] = candidates
  return candidates.length > 1 ? await request.ask(candidates) : (first ?? null)
}

function escaped(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
