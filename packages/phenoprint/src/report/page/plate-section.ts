import { isPlaced, plateMap } from '../plots/plate-map.js'
import { type CalledWell, shownSplit } from './called-wells.js'
import { groupBy } from './group-by.js'
import { details, figure, table, text } from './html.js'
import type { ReportedRun } from './reported-run.js'

/** Plates that are drawn, of all runs: more would make a page of many megabytes. */
const mostPlates = 12

/** The buttons that say what every plate map shows. */
export const mapChoice = `<fieldset id="map-choice"><legend>Plate maps show</legend>
<label><input type="radio" name="map-value" id="value-outcome" checked> outcome (● right, ✕ wrong, ? unknown)</label>
<label><input type="radio" name="map-value" id="value-probability"> probability of the call (0 <span class="scale" role="img" aria-label="dark blue to yellow"></span> 1)</label></fieldset>`

/** Maps of a run's plates, those with most errors first, each with its wells as a table. */
export function plateSection({ folder, wells }: ReportedRun, index: number, runs: number): string {
  const drawn = Math.ceil(mostPlates / runs)
  const placed = shownSplit(wells).filter(({ well }) => isPlaced(well))
  const plates = [...groupBy(placed, ({ experiment, plate }) => `${experiment} / ${plate}`)].sort(
    ([, a], [, b]) => wrongShare(b) - wrongShare(a),
  )
  if (plates.length === 0) return ''
  const blocks = plates.slice(0, drawn).map(([name, own]) => {
    const rows = own.map(({ well, call, probability, label, outcome }) => [
      well,
      call,
      probability === null ? '' : probability.toFixed(3),
      label,
      outcome,
    ])
    const header = ['Well', 'Called', 'Probability', 'Label', 'Outcome']
    return `<div>${(['outcome', 'probability'] as const)
      .map(
        (value) =>
          `<div class="map-${value}">${figure(`plate-${value}`, plateMap(own, name, value), `Plate ${name} (${own[0]?.cellType}), ${folder}`)}</div>`,
      )
      .join('')}${details(`Wells of plate ${name}`, table(`Plate ${name}`, header, rows))}</div>`
  })
  const count = `${Math.min(drawn, plates.length)} of ${plates.length} plates, those with the largest share of errors first.`
  return `<section id="plates-${index + 1}"><h2>Plates: ${text(folder)}</h2><p>${count}</p><div class="row">${blocks.join('')}</div></section>`
}

function wrongShare(wells: readonly CalledWell[]): number {
  return wells.filter(({ outcome }) => outcome === 'wrong').length / wells.length
}
