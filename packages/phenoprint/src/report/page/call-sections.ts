import { reliability } from '../../evaluation/reliability.js'
import { accuracyPlot, accuracyText } from '../plots/accuracy.js'
import { calibrationPlot } from '../plots/calibration.js'
import { seriesColour } from '../plots/colours.js'
import { confusionPlot } from '../plots/confusion.js'
import { accuracyParts, type PartKind } from './accuracy-parts.js'
import { type CalledWell, shownSplit } from './called-wells.js'
import { cellTypeConfusion } from './cell-type-confusion.js'
import {
  type ConfusedPair,
  confusedPairs,
  confusionCells,
  countCellTypes,
} from './confused-pairs.js'
import { details, figure, legend, table, text } from './html.js'
import type { PageLimits } from './limits.js'
import type { ReportedRun } from './reported-run.js'
import { wellFigures } from './well-figures.js'
import type { WellPictures } from './well-pictures.js'

/** Pairs in a table of confusion, and pairs shown in pictures. */
const most = { pairs: 20, pictured: 3 } as const

/** Accuracy of runs side by side: all units, by cell type, by experiment; plates as a table. */
export function accuracySection(runs: readonly ReportedRun[]): string {
  const kinds: readonly PartKind[] = ['all', 'cell type', 'experiment', 'plate']
  const blocks = kinds.map((kind) => {
    const parts = runs.flatMap(({ folder, wells }) =>
      accuracyParts(folder, shownSplit(wells), kind),
    )
    if (parts.length === 0) return ''
    const title = `Accuracy ${kind === 'all' ? 'of all units' : `by ${kind}`}`
    const rows = parts.map((part) => [part.part, part.run, accuracyText(part)])
    const numbers = table(title, ['Part', 'Run', 'Accuracy, 95 % interval'], rows)
    if (kind === 'plate') return details(`${title}: ${parts.length} figures`, numbers)
    return `${figure(`accuracy-${kind.replace(' ', '-')}`, accuracyPlot(parts, title), `${title}, with 95 % intervals by bootstrap of the units within each experiment.`)}${kind === 'all' ? numbers : details(`${title} as a table`, numbers)}`
  })
  return `<section id="accuracy"><h2>Accuracy</h2>${whoseDots(runs)}${blocks.join('')}</section>`
}

/** Which of the dots of a part is which run's. */
function whoseDots(runs: readonly ReportedRun[]): string {
  if (runs.length < 2) return ''
  const entries = runs.map(({ folder }, i) => {
    return { sign: '●', colour: seriesColour(i), words: folder }
  })
  return `<p>The runs of each part, from top to bottom:</p>${legend(entries)}`
}

/** Where a run's most confused pair is shown. */
export function pairAnchor(run: number): string {
  return `pair-${run + 1}`
}

/** The pair of a run that is confused most, if it made any error. */
export function mostConfused({ wells }: ReportedRun): ConfusedPair | null {
  return confusedPairs(shownSplit(wells))[0] ?? null
}

/** The pairs of classes that a run confuses, with their wells beside controls. */
export async function confusionSection(
  run: ReportedRun,
  index: number,
  pictures: WellPictures | null,
  limits: PageLimits,
): Promise<string> {
  const wells = shownSplit(run.wells)
  const pairs = confusedPairs(wells)
  const blocks: string[] = []
  for (const [place, { label, call, wells: own }] of pairs.slice(0, most.pictured).entries()) {
    const shown = own.slice(0, limits.wells)
    blocks.push(
      `<h3${place === 0 ? ` id="${pairAnchor(index)}" tabindex="-1"` : ''}>${text(label)} called ${text(call)}: ${own.length} units</h3><p>${shown.length} of them, each left of a negative control of its plate.</p>`,
      await wellFigures(shown, pictures, limits.side),
    )
  }
  const cells = confusionCells(wells, limits.classes)
  const title = `Confusion of classes, ${run.folder}`
  const rows = pairs
    .slice(0, most.pairs)
    .map((pair) => [pair.label, pair.call, String(pair.wells.length), countCellTypes(pair.wells)])
  return [
    `<section id="confusion-${index + 1}"><h2>Confusion: ${text(run.folder)}</h2>`,
    ...blocks,
    cells.length === 0
      ? '<p>No label is known.</p>'
      : figure(
          'confusion',
          confusionPlot(cells, title),
          `${title}, in units; the ${limits.classes} classes with most errors at most.`,
        ),
    cellTypeConfusion(run.folder, pairs.slice(0, most.pairs), wells, Math.ceil(limits.classes / 2)),
    table(`Pairs confused most, ${run.folder}`, ['Label', 'Called', 'Units', 'Cell types'], rows),
    '</section>',
  ].join('')
}

/** How far a run's probabilities can be trusted; nothing where it states none. */
export function calibrationSection({ folder, wells }: ReportedRun, index: number): string {
  const stated = shownSplit(wells).flatMap(({ probability, outcome }) =>
    probability === null || outcome === 'unknown' ? [] : [{ probability, outcome }],
  )
  if (stated.length === 0) return ''
  const found = reliability(
    stated.map(({ probability }) => probability),
    stated.map(({ outcome }) => outcome === 'right'),
  )
  const rows = found.bins
    .filter(({ count }) => count > 0)
    .map(({ from, to, count, confidence, accuracy }) => [
      `${(100 * from).toFixed(0)} to ${(100 * to).toFixed(0)} %`,
      String(count),
      `${(100 * confidence).toFixed(1)} %`,
      `${(100 * accuracy).toFixed(1)} %`,
    ])
  const heading = `Calibration: ${folder}`
  const header = ['Probability', 'Units', 'Mean probability', 'Called right']
  return `<section id="calibration-${index + 1}"><h2>${text(heading)}</h2>${figure('calibration', calibrationPlot(found, folder), `${heading}. The larger a dot, the more units. Expected calibration error ${(100 * found.ece).toFixed(1)} %.`)}${details('As a table', table(heading, header, rows))}</section>`
}

/** The surest right, the surest wrong and the least sure wells of a run. */
export async function montageSection(
  { folder, wells }: ReportedRun,
  index: number,
  pictures: WellPictures | null,
  limits: PageLimits,
): Promise<string> {
  const sure = shownSplit(wells)
    .filter(({ probability }) => probability !== null)
    .sort((a, b) => (b.probability ?? 0) - (a.probability ?? 0))
  if (sure.length === 0) return ''
  const of = (outcome: CalledWell['outcome']) => sure.filter((well) => well.outcome === outcome)
  const rows: readonly (readonly [string, readonly CalledWell[]])[] = [
    ['Surest right', of('right')],
    ['Surest wrong', of('wrong')],
    ['Least sure', [...sure].reverse()],
  ]
  const blocks: string[] = []
  for (const [heading, own] of rows) {
    if (own.length === 0) continue
    blocks.push(
      `<h3>${heading}</h3>`,
      await wellFigures(own.slice(0, limits.wells), pictures, limits.side),
    )
  }
  return `<section id="montage-${index + 1}"><h2>Wells: ${text(folder)}</h2>${blocks.join('')}</section>`
}
