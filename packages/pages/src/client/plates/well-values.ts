import type { PlateContents, Store, Unit } from '../../api/store.js'
import type { CalledWell } from './called-wells.js'

/** Something that a plate map can show. */
export interface WellValue {
  /** In the address. */
  readonly key: string
  /** With its unit. */
  readonly name: string
  /** Numbers at the ends of the colours; null for those of the wells. */
  readonly domain: readonly [number, number] | null
  readonly of: (unit: Unit) => number | string | null
}

const roleWords = {
  treatment: 'treatment',
  negativeControl: 'negative control',
  positiveControl: 'positive control',
} as const

/**
 * All values of a plate's wells that are known: what was done to them, their images, and what a run called them.
 *
 * @param called By unit; empty without a run.
 */
export function wellValues(
  store: Store,
  called: ReadonlyMap<string, CalledWell>,
): readonly WellValue[] {
  const call = ({ id }: Unit) => called.get(id)
  const ofRun: WellValue[] = [
    { key: 'outcome', name: 'outcome', domain: null, of: (unit) => call(unit)?.outcome ?? null },
    {
      key: 'probability',
      name: 'probability of the call (0 to 1)',
      domain: [0, 1],
      of: (unit) => call(unit)?.probability ?? null,
    },
    { key: 'call', name: 'call', domain: null, of: (unit) => call(unit)?.call ?? null },
    { key: 'split', name: 'split', domain: null, of: (unit) => call(unit)?.split ?? null },
  ]
  return [
    ...(called.size > 0 ? ofRun : []),
    { key: 'role', name: 'role', domain: null, of: ({ role }) => roleWords[role] },
    { key: 'class', name: 'class', domain: null, of: ({ label }) => label || null },
    { key: 'sites', name: 'sites', domain: null, of: ({ sites }) => sites.length },
    {
      key: 'missing',
      name: 'missing channels',
      domain: null,
      of: ({ sites }) => sites.flatMap(({ means }) => means.filter((mean) => mean === null)).length,
    },
    ...store.channels.map(({ name }, c) => ({
      key: `mean-${c}`,
      name: `mean of ${name} (grey values)`,
      domain: null,
      of: ({ sites }: Unit) => meanOf(sites.map(({ means }) => means[c] ?? null)),
    })),
  ]
}

/** A well in words: what stands under the pointer and is read aloud. */
export function wellWords(unit: Unit, value: WellValue, called: CalledWell | undefined): string {
  const shown = value.of(unit)
  const parts = [
    `${unit.well}: ${roleWords[unit.role]}${unit.label === '' ? '' : `, ${unit.label}`}`,
    ...(called === undefined ? [] : [`called ${called.call}, ${called.outcome}`]),
    ...(typeof shown === 'number' ? [`${value.name} ${Number(shown.toPrecision(4))}`] : []),
  ]
  return parts.join('; ')
}

/** The calls of a plate by unit. */
export function callsOnPlate(
  plate: PlateContents,
  wells: readonly CalledWell[],
): ReadonlyMap<string, CalledWell> {
  const here = wells.filter(
    ({ experiment, plate: name }) => experiment === plate.experiment && name === plate.plate,
  )
  return new Map(here.map((well) => [well.unit, well]))
}

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length
}
