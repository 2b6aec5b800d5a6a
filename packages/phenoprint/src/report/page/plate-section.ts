import { isPlaced } from '../plots/plate-map.js'
import { type CalledWell, shownSplit } from './called-wells.js'
import { groupBy } from './group-by.js'
import { anchoredTable, details, figure, text } from './html.js'
import type { LinkedWell, PlateValue } from './plate-values.js'
import type { ReportedRun } from './reported-run.js'
import type { WellMeans } from './well-means.js'

/** What plates of a run are drawn with. */
export interface PlateDrawing {
  readonly values: readonly PlateValue[]
  /** null where the store is not at hand. */
  readonly means: WellMeans | null
  /** So many plates at most, and those that fit into so many bytes; the first is always drawn. */
  readonly plates: number
  readonly bytes: number
}

/** Maps of a run's plates, those with most errors first, each with its wells as a table. */
export function plateSection(
  { folder, wells }: ReportedRun,
  index: number,
  drawing: PlateDrawing,
): string {
  const placed = shownSplit(wells).filter(({ well }) => isPlaced(well))
  const plates = [...groupBy(placed, ({ experiment, plate }) => `${experiment} / ${plate}`)].sort(
    ([, a], [, b]) => wrongShare(b) - wrongShare(a),
  )
  if (plates.length === 0) return ''
  const blocks: string[] = []
  let left = drawing.bytes
  for (const [place, [name, own]] of plates.slice(0, drawing.plates).entries()) {
    const block = plateBlock(
      own,
      { name, folder, anchor: `well-${index + 1}-${place + 1}` },
      drawing,
    )
    left -= Buffer.byteLength(block)
    if (place > 0 && left < 0) break
    blocks.push(
      `<details${place === 0 ? ' open' : ''}><summary>${summary(name, own)}</summary>${block}</details>`,
    )
  }
  const count = `${blocks.length} of ${plates.length} plates, those with the largest share of errors first${blocks.length < plates.length ? '; more would make this page too heavy' : ''}. A well leads to its row in the table.`
  return `<section id="plates-${index + 1}"><h2>Plates: ${text(folder)}</h2><p>${count}</p>${blocks.join('')}</section>`
}

interface Place {
  readonly name: string
  readonly folder: string
  /** How ids of the wells' rows begin. */
  readonly anchor: string
}

function plateBlock(
  wells: readonly CalledWell[],
  { name, folder, anchor }: Place,
  { values, means }: PlateDrawing,
): string {
  const idOf = ({ well }: CalledWell) => `${anchor}-${well}`
  const linked = wells.map((well): LinkedWell => ({ ...well, href: `#${idOf(well)}` }))
  const caption = `Plate ${name} (${wells[0]?.cellType}), ${folder}`
  const maps = values.map(({ id, draw }) => {
    const kind = id.replace('value-', 'plate-')
    return `<div class="for-${id}">${figure(kind, draw(linked, name, means), caption)}</div>`
  })
  const rows = wells.map(({ well, call, probability, label, outcome }) => [
    well,
    call,
    probability === null ? '' : probability.toFixed(3),
    label,
    outcome,
  ])
  const header = ['Well', 'Called', 'Probability', 'Label', 'Outcome']
  const title = `Wells of plate ${name}`
  return maps.join('') + details(title, anchoredTable(title, header, rows, wells.map(idOf)))
}

function summary(name: string, wells: readonly CalledWell[]): string {
  const wrong = wells.filter(({ outcome }) => outcome === 'wrong').length
  return `${text(name)} (${text(wells[0]?.cellType ?? '')}): ${wrong} of ${wells.length} wells wrong`
}

function wrongShare(wells: readonly CalledWell[]): number {
  return wells.filter(({ outcome }) => outcome === 'wrong').length / wells.length
}
