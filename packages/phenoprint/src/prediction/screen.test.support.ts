import type { Plate, Role, Screen, Site, Unit } from '../screen/screen.js'

/** What a well of the test screen is. */
export interface GivenWell {
  readonly label: number | null
  readonly role?: Role
  readonly part?: Unit['part']
  /** How many sites; 2 without it. */
  readonly sites?: number
}

/** A screen of wells with two channels, from the wells of each plate, `<experiment>/<plate>`. */
export function screenOf(
  plates: Readonly<Record<string, readonly GivenWell[]>>,
  classes = 3,
): Screen {
  const drafts: Plate[] = []
  const units: Unit[] = []
  const sites: Site[] = []
  for (const [id, wells] of Object.entries(plates)) {
    const [experiment = '', plate = ''] = id.split('/')
    const first = units.length
    wells.forEach(({ label, role = 'treatment', part = 'train', sites: count = 2 }, i) => {
      const well = `B${String(i + 2).padStart(2, '0')}`
      const own = Array.from({ length: count }, (_, site) => sites.length + site)
      for (const [site] of own.entries()) {
        sites.push({
          id: `${id}/${well}/${site + 1}`,
          site: `${site + 1}`,
          unit: units.length,
          images: [],
        })
      }
      const unit = { id: `${id}/${well}`, plate: drafts.length, well, role, label, part }
      units.push({ ...unit, code: `${experiment}_${plate}_${well}`, sites: own })
    })
    const cellType = experiment.replace(/-.*/, '')
    const indices = wells.map((_, i) => first + i)
    drafts.push({ id, experiment, plate, cellType, units: indices })
  }
  return {
    name: 'test cells',
    unitKind: 'well',
    channels: [{ name: 'nucleus' }, { name: 'actin' }],
    classes,
    controlClasses: 1,
    classNames: Array.from({ length: classes }, (_, i) => `treatment ${i}`),
    plates: drafts,
    units,
    sites,
    synthetic: true,
  }
}
