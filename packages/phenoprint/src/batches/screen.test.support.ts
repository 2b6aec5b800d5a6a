import { augmentation as augmentationSchema } from '../config/augmentation.js'
import { batches as batchesSchema } from '../config/batches.js'
import type { Section } from '../config/config.js'
import type { RandomStream } from '../random.js'
import type { Plate, Role, Screen, Site, Unit } from '../screen/screen.js'

/** A section as the configuration gives it, defaults filled in. */
export function batchesSection(fields: Readonly<Record<string, unknown>> = {}): Section<'batches'> {
  return batchesSchema.parse(fields)
}

/** Likewise. */
export function augmentationSection(
  fields: Readonly<Record<string, unknown>> = {},
): Section<'augmentation'> {
  return augmentationSchema.parse(fields)
}

/**
 * A screen drawn at random: one to four experiments of up to three cell types, plates of unlike size,
 * classes of unlike frequency, and on each plate a negative and perhaps positive controls.
 */
export function drawnScreen(stream: RandomStream): Screen {
  const classes = 2 + stream.integer(6)
  const plates: Plate[] = []
  const units: Unit[] = []
  const sites: Site[] = []
  const addUnit = (plateId: string, role: Role, label: number) => {
    const id = `${plateId}/W${units.length}`
    const own = Array.from({ length: 1 + stream.integer(3) }, () => {
      sites.push({
        id: `${id}/${sites.length}`,
        site: `${sites.length}`,
        unit: units.length,
        images: [],
      })
      return sites.length - 1
    })
    const at = { plate: plates.length, well: `W${units.length}`, code: id }
    units.push({ id, ...at, role, label, part: 'train', sites: own })
    return units.length - 1
  }
  const experiments = 1 + stream.integer(4)
  for (let experiment = 0; experiment < experiments; experiment++) {
    const cellType = ['HeLa', 'RPE', 'U2OS'][stream.integer(3)] ?? ''
    for (let plate = 0; plate <= stream.integer(3); plate++) {
      const id = `E${experiment}/${plate}`
      const own = Array.from({ length: 1 + stream.integer(9) }, () =>
        addUnit(id, 'treatment', Math.min(stream.integer(classes), stream.integer(classes))),
      )
      own.push(addUnit(id, 'negativeControl', classes))
      for (let i = stream.integer(3); i > 0; i--)
        own.push(addUnit(id, 'positiveControl', classes + i))
      plates.push({ id, experiment: `E${experiment}`, cellType, plate: `${plate}`, units: own })
    }
  }
  return {
    name: 'drawn',
    unitKind: 'well',
    channels: [{ name: 'nucleus' }],
    classes,
    controlClasses: 3,
    classNames: null,
    plates,
    units,
    sites,
    synthetic: true,
  }
}

/** Sites of the treated units of a screen. */
export function treatedSites(screen: Screen): number[] {
  return screen.units.flatMap(({ role, sites }) => (role === 'treatment' ? sites : []))
}
