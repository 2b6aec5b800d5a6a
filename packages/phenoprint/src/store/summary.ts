import { cellTypes, type Screen } from '../screen/screen.js'
import { count } from '../words.js'

/** How much of everything a screen has, as its tables say. */
export interface ScreenCounts {
  readonly experiments: number
  readonly plates: number
  readonly wells: number
  readonly sites: number
  readonly channels: number
  readonly cellTypes: Readonly<
    Record<
      string,
      { readonly experiments: number; readonly plates: number; readonly wells: number }
    >
  >
  readonly classes: number
  readonly controlClasses: number
  /** Units that were given a treatment, with and without a known label. */
  readonly labelledTreatments: number
  readonly unlabelledTreatments: number
  readonly controls: number
}

export function countScreen(screen: Screen): ScreenCounts {
  const perType = new Map(
    cellTypes(screen).map((name) => [
      name,
      { experiments: new Set<string>(), plates: 0, wells: 0 },
    ]),
  )
  let wells = 0
  for (const plate of screen.plates) {
    const names = new Set(plate.units.map((unit) => screen.units[unit]?.well))
    wells += names.size
    const type = perType.get(plate.cellType)
    if (type === undefined) continue
    type.experiments.add(plate.experiment)
    type.plates++
    type.wells += names.size
  }
  const treatments = screen.units.filter((unit) => unit.role === 'treatment')
  const labelled = treatments.filter((unit) => unit.label !== null).length
  return {
    experiments: new Set(screen.plates.map((plate) => plate.experiment)).size,
    plates: screen.plates.length,
    wells,
    sites: screen.sites.length,
    channels: screen.channels.length,
    cellTypes: Object.fromEntries(
      [...perType].map(([name, type]) => [name, { ...type, experiments: type.experiments.size }]),
    ),
    classes: screen.classes,
    controlClasses: screen.controlClasses,
    labelledTreatments: labelled,
    unlabelledTreatments: treatments.length - labelled,
    controls: screen.units.length - treatments.length,
  }
}

/** The counts for people. */
export function summaryLines(screen: Screen, counts: ScreenCounts): string[] {
  const n = (value: number) => value.toLocaleString('en')
  const types = Object.entries(counts.cellTypes).map(
    ([name, { experiments, plates, wells }]) =>
      `${name} (${count(experiments, 'experiment')}, ${count(plates, 'plate')}, ${count(wells, 'well')})`,
  )
  return [
    `screen: ${screen.name}${screen.synthetic ? ' (synthetic)' : ''}: ${count(counts.experiments, 'experiment')}, ${count(counts.plates, 'plate')}, ${count(counts.wells, 'well')}, ${count(counts.sites, 'site')}, ${count(counts.channels, 'channel')}`,
    `cell types: ${types.length}: ${types.join(', ')}`,
    `classes: ${n(counts.classes)} of treatments and ${n(counts.controlClasses)} of controls; ${count(counts.labelledTreatments, `treated ${screen.unitKind}`)} with a label, ${n(counts.unlabelledTreatments)} without, ${count(counts.controls, 'control')}`,
  ]
}
