/** What a well was given: a treatment to be recognised, or a control. */
export type Role = 'treatment' | 'negativeControl' | 'positiveControl'

/** What a label belongs to: a well (its sites are averaged), or each image by itself. */
export type UnitKind = 'well' | 'image'

/** One microscope channel, in the order of the images' channel axis. */
export interface Channel {
  readonly name: string
  /** Display colour, `RRGGBB`. */
  readonly color?: string
  /** Which plane of its file holds it, from 0, where the file has several and this was chosen. */
  readonly plane?: number
}

/** One field of view: the pixels of a site, or one crop. */
export interface Site {
  /** Unique in the screen: `<plate id>/<well>/<site>`. */
  readonly id: string
  /** Site name within its well, unique there. */
  readonly site: string
  /** Index into `Screen.units`. */
  readonly unit: number
  /** One path a channel (in channel order), or a single path of a file that holds all channels. Absolute. */
  readonly images: readonly string[]
}

/** The thing a label belongs to, and that predictions, metrics and calls are about. */
export interface Unit {
  /** Unique in the screen: for wells `<plate id>/<well>`, for images the site id. */
  readonly id: string
  /** Index into `Screen.plates`. */
  readonly plate: number
  readonly well: string
  readonly role: Role
  /** Class index in 0..classes-1 (controls continue after the treatments), or null if not known. */
  readonly label: number | null
  /** The reader's own division: `test` units are never trained or validated on, labelled or not. */
  readonly part: 'train' | 'test'
  /** The identifier of the screen's own tables (RxRx1: `id_code`), for submissions. */
  readonly code: string
  /** Indices into `Screen.sites`. */
  readonly sites: readonly number[]
  /** Where the label was predicted: how often its sites are drawn, beside those of known labels. */
  readonly pseudoWeight?: number
}

/** A plate; experiments are groups of plates imaged together, of one cell type. */
export interface Plate {
  /** Unique in the screen: `<experiment>/<plate>`. */
  readonly id: string
  readonly experiment: string
  readonly cellType: string
  readonly plate: string
  /** Indices into `Screen.units`. */
  readonly units: readonly number[]
}

/** A whole screen: who is where, and which files hold the pixels. Sorted by plate, well, site. */
export interface Screen {
  readonly name: string
  readonly unitKind: UnitKind
  readonly channels: readonly Channel[]
  /** Number of treatment classes. Labels of treatments are 0..classes-1. */
  readonly classes: number
  /** Number of control classes; their labels are classes..classes+controlClasses-1. */
  readonly controlClasses: number
  /** Names of the treatment classes, `[classes]`, where known. */
  readonly classNames: readonly string[] | null
  readonly plates: readonly Plate[]
  readonly units: readonly Unit[]
  readonly sites: readonly Site[]
  /** True for pictures made by the simulator; every report made from it says so. */
  readonly synthetic: boolean
}

/** Cell types of a screen, sorted. */
export function cellTypes(screen: Screen): string[] {
  return [...new Set(screen.plates.map((plate) => plate.cellType))].sort()
}
