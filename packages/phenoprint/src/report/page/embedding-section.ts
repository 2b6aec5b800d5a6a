import { embeddingLegend, embeddingMap } from '../plots/embedding-map.js'
import type { EmbeddedUnit, EmbeddedUnits } from './embedded-units.js'
import { figure, legend, text } from './html.js'

const colourings = {
  'cell-type': { words: 'cell type', groupOf: ({ cellType }: EmbeddedUnit) => cellType },
  experiment: { words: 'experiment', groupOf: ({ experiment }: EmbeddedUnit) => experiment },
  class: { words: 'class', groupOf: (unit: EmbeddedUnit) => unit.class },
} as const

/** The buttons that say what the maps of embeddings are coloured by. */
export const embeddingChoice = `<fieldset id="embedding-choice"><legend>Maps of embeddings are coloured by</legend>
${Object.entries(colourings)
  .map(
    ([name, { words }], i) =>
      `<label><input type="radio" name="embedding-colour" id="colour-${name}"${i === 0 ? ' checked' : ''}> ${words}</label>`,
  )
  .join('\n')}</fieldset>`

/** One colouring is seen at a time. */
export const embeddingStyle = Object.keys(colourings)
  .map((name) => `main:not(:has(#colour-${name}:checked)) .embedding-by-${name} { display: none; }`)
  .join('\n')

/** Units of a run of embed by their first two principal components, coloured by choice. */
export function embeddingSection(
  { folder, all, units, shares }: EmbeddedUnits,
  index: number,
): string {
  const blocks = Object.entries(colourings).map(([name, { words, groupOf }]) => {
    const title = `Embeddings by ${words}, ${folder}`
    const mapped = units.map((unit) => ({
      x: unit.x,
      y: unit.y,
      group: groupOf(unit),
      words: `${unit.unit}: ${unit.class}, ${unit.cellType}`,
    }))
    const caption = `${title}: the first two principal components.`
    return `<div class="embedding-by-${name}">${legend(embeddingLegend(mapped))}${figure(`embedding-${name}`, embeddingMap(mapped, shares, title), caption)}</div>`
  })
  const count =
    units.length === all
      ? `All ${all} units.`
      : `${units.length} of ${all} units, evenly spaced: more would make this page too heavy.`
  return `<section id="embedding-${index + 1}"><h2>Embeddings: ${text(folder)}</h2><p>${count}</p>${blocks.join('')}</section>`
}
