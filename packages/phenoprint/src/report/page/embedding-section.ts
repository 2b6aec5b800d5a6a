import { embeddingLegend, embeddingMap } from '../plots/embedding-map.js'
import type { Choice } from './choice.js'
import type { EmbeddedUnit, EmbeddedUnits } from './embedded-units.js'
import { figure, legend, text } from './html.js'
import { spread } from './limits.js'

const colourings = {
  'cell-type': { words: 'cell type', groupOf: ({ cellType }: EmbeddedUnit) => cellType },
  experiment: { words: 'experiment', groupOf: ({ experiment }: EmbeddedUnit) => experiment },
  class: { words: 'class', groupOf: (unit: EmbeddedUnit) => unit.class },
} as const

/** What the maps of embeddings may be coloured by. */
export const embeddingChoices: readonly Choice[] = Object.entries(colourings).map(
  ([name, { words }]) => ({ id: `colour-${name}`, words }),
)

/** Units of a run of embed by their first two principal components, coloured by choice. */
export function embeddingSection(
  { folder, all, units: found, shares }: EmbeddedUnits,
  index: number,
  most: number,
): string {
  const units = spread(found, most)
  const blocks = Object.entries(colourings).map(([name, { words, groupOf }]) => {
    const title = `Embeddings by ${words}, ${folder}`
    const mapped = units.map((unit) => ({
      x: unit.x,
      y: unit.y,
      group: groupOf(unit),
      words: `${unit.unit}: ${unit.class}, ${unit.cellType}`,
    }))
    const caption = `${title}: the first two principal components.`
    return `<div class="for-colour-${name}">${legend(embeddingLegend(mapped))}${figure(`embedding-${name}`, embeddingMap(mapped, shares, title), caption)}</div>`
  })
  const count =
    units.length === all
      ? `All ${all} units.`
      : `${units.length} of ${all} units, evenly spaced: more would make this page too heavy.`
  return `<section id="embedding-${index + 1}"><h2>Embeddings: ${text(folder)}</h2><p>${count}</p>${blocks.join('')}</section>`
}
