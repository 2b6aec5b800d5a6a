import { plateMap } from '../plots/plate-map.js'
import { extent, mapLegend, type ShownWell, wellMap } from '../plots/well-map.js'
import type { CalledWell } from './called-wells.js'
import type { Choice } from './choice.js'
import { legend, text } from './html.js'
import type { WellMeans } from './well-means.js'

/** A well of a map, and its row in the table that it leads to. */
export interface LinkedWell extends CalledWell {
  readonly href: string
}

/** A value that plate maps can show. */
export interface PlateValue extends Choice {
  /** A plate's map and what its colours mean. */
  readonly draw: (wells: readonly LinkedWell[], plate: string, means: WellMeans | null) => string
}

/** What can be shown of plates: what wells were called, and how bright each channel is. */
export function plateValues(channels: readonly string[]): PlateValue[] {
  return [
    {
      id: 'value-outcome',
      words: 'outcome (● right, ✕ wrong, ? unknown)',
      draw: (wells, plate) => plateMap(wells, plate, 'outcome'),
    },
    {
      id: 'value-probability',
      words:
        'probability of the call (0 <span class="scale" role="img" aria-label="dark blue to yellow"></span> 1)',
      draw: (wells, plate) => plateMap(wells, plate, 'probability'),
    },
    { id: 'value-call', words: 'called class', draw: classMap('called class', ({ call }) => call) },
    { id: 'value-label', words: 'label', draw: classMap('label', ({ label }) => label) },
    ...channels.map(
      (channel, i): PlateValue => ({
        id: `value-mean-${i + 1}`,
        words: `mean of ${text(channel)}`,
        draw: (wells, plate, means) => meanMap(wells, plate, channel, means),
      }),
    ),
  ]
}

function classMap(value: string, classOf: (well: CalledWell) => string): PlateValue['draw'] {
  return (wells, plate) => {
    const shown = wells.map((well): ShownWell => {
      const name = classOf(well)
      return {
        well: well.well,
        value: name === '' ? null : name,
        words: `${well.well}: ${name === '' ? 'unknown' : name}`,
        href: well.href,
      }
    })
    return wellMap(shown, { plate, value, domain: null }) + legend(mapLegend(shown))
  }
}

function meanMap(
  wells: readonly LinkedWell[],
  plate: string,
  channel: string,
  means: WellMeans | null,
): string {
  const shown = wells.map(({ well, unit, href }): ShownWell => {
    const value = means?.of(unit, channel) ?? null
    return { well, value, words: `${well}: ${value?.toFixed(1) ?? 'no image'}`, href }
  })
  const value = `mean of ${channel} (pixel values)`
  const [least, most] = extent(
    shown.flatMap((well) => (typeof well.value === 'number' ? [well.value] : [])),
  )
  const scale = `<p>${least.toFixed(1)} <span class="scale" role="img" aria-label="dark blue to yellow"></span> ${most.toFixed(1)}, pixel values</p>`
  return wellMap(shown, { plate, value, domain: null }) + scale
}
