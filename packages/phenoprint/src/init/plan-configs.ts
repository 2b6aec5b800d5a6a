import { resolve } from 'node:path'
import type { Section } from '../config/config.js'
import type { Reporter } from '../run/reporter.js'
import { isLearnable } from '../screen/groups.js'
import type { Screen, Unit } from '../screen/screen.js'
import { FieldReader } from '../store/field-reader.js'
import { probeFormat } from '../store/image-format.js'
import { keepSites } from '../store/keep-sites.js'
import { judgeMissing } from '../store/missing.js'
import { findSources } from '../store/sources.js'
import { countScreen, summaryLines } from '../store/summary.js'
import { tiling } from '../store/tiling.js'
import { count } from '../words.js'
import { chooseBatch, chooseNormalisation, chooseSplit, chooseTile } from './choose-sizes.js'
import type { ScreenInput } from './described-screen.js'
import { roleOf } from './label-columns.js'
import type { ConfigFacts } from './write-configs.js'

/** A screen that a folder was understood as, read back from its configuration. */
export interface UnderstoodScreen {
  readonly section: ScreenInput
  readonly parsed: Section<'screen'>
  readonly screen: Screen
  /** Folder of the files to write. */
  readonly place: string
  readonly slug: string
}

/** Batch where no engine is there to measure with. */
const unmeasuredBatch = 16

/**
 * Looks which images are there and how large they are, says what was understood, and chooses the
 * sizes that suit the data and the machine.
 *
 * @throws {ImageError} when no image is there, or the first is broken.
 */
export async function planConfigs(
  { section, parsed, screen, place, slug }: UnderstoodScreen,
  { naming, notes }: { readonly naming: string; readonly notes: readonly string[] },
  reporter: Reporter,
): Promise<{ readonly facts: ConfigFacts; readonly figures: Record<string, unknown> }> {
  const sources = await findSources(screen, resolve(parsed.folder), reporter)
  const { keep, missing } = judgeMissing(screen, sources, { image: 'skip', channel: 'skip' })
  const there = keepSites(screen, (site) => keep[site] === true)
  const files = sources.find((site) => site.every((source) => source !== null)) ?? []
  using fields = new FieldReader()
  const first = files[0]?.path ?? ''
  const { shape } = await probeFormat(first, files.length, screen.channels, 0, fields)
  const counts = countScreen(there)
  const incomplete = missing.plates.length > 0 || missing.sites.length > 0
  const onMissing = incomplete ? ({ image: 'skip', channel: 'skip' } as const) : null
  const pattern = 'images' in section ? [`images: ${section.images}`] : []
  const lines = [
    `naming: ${naming}`,
    ...pattern,
    ...summaryLines(there, counts),
    `images: ${shape.channels} x ${shape.height} x ${shape.width} ${shape.dtype} (${screen.channels.map(({ name }) => name).join(', ')})`,
    ...missingInWords(screen, missing, there),
    ...notes,
  ]
  const labels = [labelLine(section, there), ...controlLine(section, there)]
  for (const line of [...lines, ...labels]) reporter.say(line)

  const tile = chooseTile(shape)
  const learnable = there.units.filter(trains)
  // A part of a data set may lack what trains: then the whole one is what sizes are for.
  const whole = learnable.length > 0 ? there : screen
  const split = chooseSplit(whole)
  const normaliseBy = chooseNormalisation(whole)
  const samples = whole.units.filter(trains).reduce((sum, unit) => sum + unit.sites.length, 0)
  const fits = await fittingBatch(screen, tile)
  const batch = chooseBatch(fits ?? unmeasuredBatch, samples)
  const batchReason =
    fits === null
      ? 'Tiles at once; not measured, for the engine is not set up'
      : `Tiles at once: up to ${fits.toLocaleString('en')} fit in the memory that was free, by two measured steps`
  for (const line of [
    `tile: ${tile.join('x')}; batch: ${batch} (${fits === null ? 'not measured' : `${fits.toLocaleString('en')} would fit in memory`}); normalise by ${normaliseBy}`,
    split.folds === null
      ? `split: nothing is held out: ${split.reason}`
      : `split: by ${split.by}, ${split.folds} folds (${split.reason})`,
  ]) {
    reporter.say(line)
  }
  const testLabelled =
    split.drawTest ||
    there.units.some(
      ({ part, label, role }) => part === 'test' && label !== null && role === 'treatment',
    )
  const facts: ConfigFacts = {
    place,
    slug,
    screen: onMissing === null ? section : { ...section, onMissing },
    understood: [...lines, ...labels],
    tile,
    tilesPerSite: tiling(shape, tile).tilesPerSite,
    normaliseBy,
    split,
    batch,
    batchReason,
    microBatch: fits !== null && fits < batch ? Math.max(2, fits) : null,
    sites: there.sites.length,
    units: there.unitKind,
    cellTypes: Object.keys(counts.cellTypes).length,
    trainable: learnable.length > 0,
    labelled: [
      ...(split.folds === null ? [] : (['validation'] as const)),
      ...(testLabelled ? (['test'] as const) : []),
    ],
  }
  const figures = { naming, screen: counts, image: shape, tile, batch, normaliseBy, split }
  return { facts, figures }
}

function missingInWords(
  screen: Screen,
  missing: ReturnType<typeof judgeMissing>['missing'],
  there: Screen,
): string[] {
  const units = missing.plates.reduce((sum, plate) => sum + plate.withoutImages, 0)
  const [first] = missing.sites
  return [
    ...(units === 0
      ? []
      : [
          `missing: ${count(units, screen.unitKind)} of ${screen.units.length.toLocaleString('en')} without any image`,
        ]),
    ...(first === undefined
      ? []
      : [
          `missing: ${count(missing.sites.length, 'site')} in part, first ${first.site} (${first.channels.join(', ')})`,
        ]),
    ...(units > 0 || first !== undefined
      ? [
          `missing: sites without all images are left out (screen.onMissing); ${count(there.sites.length, 'site')} stay`,
        ]
      : []),
  ]
}

/** Whether a unit may be trained or validated on. */
function trains(unit: Unit): boolean {
  return isLearnable(unit) && unit.role === 'treatment'
}

function labelLine(section: ScreenInput, there: Screen): string {
  const learnable = there.units.filter(trains)
  const column = section.reader === 'rxrx1' ? 'sirna' : section.columns.label
  if (column === undefined) {
    return 'label: none found; preprocess works, to train add a column with the label to the table and name it in screen.columns.label'
  }
  if (learnable.length === 0) {
    return `label: ${column}; no labelled treatment has images here, so nothing can be trained on yet`
  }
  const classes = new Set(learnable.map(({ label }) => label)).size
  return `label: ${column}; ${count(classes, 'class').replace('classs', 'classes')}, unit: ${there.unitKind}`
}

/** Says of classes that are called like controls that they are none yet. */
function controlLine(section: ScreenInput, { classNames }: Screen): string[] {
  if (section.reader === 'rxrx1' || section.columns.role !== undefined) return []
  const names = classNames?.filter((name) => roleOf(name) === 'negativeControl') ?? []
  return names.length === 0
    ? []
    : [
        `controls: none named, so ${names.join(', ')} is a class like any other; a column that says treatment or control, named in screen.columns.role, makes it one`,
      ]
}

/**
 * The largest batch that fits in memory; null where the engine is not set up.
 *
 * @throws {TorchError} when the engine is there and fails.
 */
async function fittingBatch(
  screen: Screen,
  tile: readonly [number, number],
): Promise<number | null> {
  try {
    const { largestFittingBatch } = await import('./measure-batch.js')
    const shape = { channels: screen.channels.length, classes: Math.max(2, screen.classes) }
    return largestFittingBatch(shape, tile)
  } catch (error) {
    const kind = error instanceof Error && 'kind' in error ? error.kind : null
    if (kind === 'engine') return null
    if (kind === 'memory') return 0
    throw error
  }
}
