import type { Section } from '../config/config.js'
import { alignedColumns } from '../evaluation/metrics-table.js'
import { CsvFile } from '../prediction/csv-file.js'
import { count } from '../words.js'
import type { JudgedCellType } from './judge-members.js'
import type { SeedFigures } from './seed-ensembles.js'
import type { Subset } from './subsets.js'

/** `subsets.csv`: a line a cell type and subset. */
export function subsetsFile(path: string): CsvFile {
  const figures = ['accuracy', 'loss', 'standardError', 'disagreement', 'yulesQ', 'ambiguity']
  return new CsvFile(path, ['cellType', 'members', ...figures, 'front', 'pick'])
}

/** The lines of a cell type, as they were judged; members are separated by `; `. */
export function subsetLines(
  cellType: string,
  { subsets, front, best, diverse }: JudgedCellType,
  runs: readonly string[],
): string[][] {
  return subsets.map((subset) => {
    const { accuracy, loss, standardError, disagreement, yulesQ, ambiguity } = subset
    const own = [subset === best ? 'best' : '', subset === diverse ? 'diverse' : '']
    return [
      cellType,
      names(subset, runs).join('; '),
      ...[accuracy, loss, standardError, disagreement, yulesQ, ambiguity].map((value) =>
        Number.isNaN(value) ? '' : value.toFixed(6),
      ),
      front.includes(subset) ? 'yes' : '',
      own.filter((pick) => pick !== '').join('; '),
    ]
  })
}

/** Run directories of a subset. */
export function names({ members }: Subset, runs: readonly string[]): string[] {
  return members.map((member) => runs[member] ?? '')
}

/** Why each pick was taken, in words. */
export function reasons(
  cellType: string,
  judged: JudgedCellType,
  { by, diversity, members: runs }: Pick<Section<'choose'>, 'by' | 'diversity' | 'members'>,
): { readonly best: string; readonly diverse: string } {
  const { best, diverse, equals, subsets, units } = judged
  const of = (subset: Subset) => names(subset, runs).join(' + ')
  const score = (subset: Subset) => `${by} ${subset[by].toFixed(4)}`
  const spread = (subset: Subset) => `${diversity} ${subset[diversity].toFixed(4)}`
  const start = `${cellType}: ${of(best)}: ${score(best)} (standard error ${best.standardError.toFixed(4)}), the best of ${count(subsets.length, 'subset')} on ${count(units, 'unit')}`
  if (diverse === best) {
    return {
      best: start,
      diverse: `${cellType}: ${of(diverse)}: the same, for of ${count(equals, 'subset')} within one standard error of the best none is more diverse (${spread(best)})`,
    }
  }
  return {
    best: start,
    diverse: `${cellType}: ${of(diverse)}: ${spread(diverse)} where the best has ${best[diversity].toFixed(4)}: the most diverse of ${count(equals, 'subset')} within one standard error of the best; ${score(diverse)}`,
  }
}

/** The front and the members for people. */
export function choiceTable(
  cellType: string,
  { front, members, best, diverse, seedEnsembles }: JudgedCellType,
  runs: readonly string[],
): string[] {
  const number = (value: number) => (Number.isNaN(value) ? '-' : value.toFixed(4))
  const shown = (subset: Subset) => [
    subset.members.map((member) => member + 1).join(' '),
    ...[subset.accuracy, subset.loss, subset.disagreement, subset.yulesQ, subset.ambiguity].map(
      number,
    ),
    [subset === best ? 'best' : '', subset === diverse ? 'diverse' : ''].join(' ').trim(),
  ]
  const heading = ['members', 'accuracy', 'loss', 'disagreement', "Yule's Q", 'ambiguity', 'pick']
  const alone = members.map(({ run, accuracy, loss, leaveOneOut }, i) => [
    String(i + 1),
    runs[i] ?? run,
    ...[accuracy, loss, leaveOneOut.accuracy, leaveOneOut.loss].map(number),
  ])
  const own = ['', 'member', 'accuracy', 'loss', 'adds to accuracy', 'to loss']
  return [
    `${cellType}: members, and what each adds to the average of all`,
    ...alignedColumns([own, ...alone], 2).map((line) => `  ${line}`),
    `${cellType}: subsets that none beats in score and diversity at once`,
    ...alignedColumns([heading, ...front.map(shown)], 1).map((line) => `  ${line}`),
    ...seedEnsembles.flatMap((of) => seedTable(cellType, of, runs)),
  ]
}

function seedTable(
  cellType: string,
  { runs: own, spread, bySize }: SeedFigures,
  runs: readonly string[],
): string[] {
  const places = own.map((run) => runs.indexOf(run) + 1).join(' ')
  const lines = bySize.map(({ size, accuracy, loss }) =>
    [size, accuracy.toFixed(4), loss.toFixed(4)].map(String),
  )
  return [
    `${cellType}: members ${places} differ only in their seed (their accuracy by ${spread.accuracy.toFixed(4)}, standard deviation)`,
    ...alignedColumns([['seeds averaged', 'accuracy', 'loss'], ...lines], 1).map(
      (line) => `  ${line}`,
    ),
  ]
}
