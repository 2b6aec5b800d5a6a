import { createHash } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { diskFault } from '../run/disk-fault.js'
import type { Reporter } from '../run/reporter.js'
import type { RunDirectory } from '../run/run-directory.js'
import type { Screen } from '../screen/screen.js'
import type { AdaptedNetwork } from './adapted-network.js'
import type { PlateUnits, SplitPlan } from './inference-plan.js'
import type { Columns } from './parquet/layout.js'
import { TableWriter } from './parquet/table-writer.js'
import { predictEachUnit, type UnitOptions } from './predict-units.js'
import type { Predictor, View, ViewLoader } from './predict-views.js'
import { type PredictionHeader, predictionLayout } from './prediction-header.js'
import {
  type PredictionRow,
  predictionRow,
  unitColumns,
  unitColumnsOf,
  viewColumns,
} from './prediction-row.js'
import type { ViewsKept } from './views-kept.js'

export interface SplitInputs {
  readonly run: RunDirectory
  readonly reporter: Reporter
  readonly screen: Screen
  readonly loader: ViewLoader
  readonly networks: { networkFor(cellType: string): Predictor }
  /** The same, where batch norms take their statistics from what is predicted; it stays its owner's. */
  readonly adaptedFor?: ((cellType: string) => AdaptedNetwork) | null
  /** Over what they take them. */
  readonly adaptedOver?: 'plate' | 'experiment'
  readonly header: PredictionHeader
  /** What the networks are: predictions of other networks are not gone on with. */
  readonly source: string
  readonly views: ViewsKept['precision']
  readonly options: Omit<UnitOptions, 'onView'>
  /** The whole split, where the plan is a shard of it: an experiment has all its plates. */
  readonly whole?: SplitPlan
}

/**
 * Predicts one split, plate by plate, into `predictions/<split>.parquet` and, unless views are not
 * kept, `predictions/<split>.views.parquet`. Plates that an earlier, interrupted call finished are
 * not predicted again.
 */
export async function predictSplit(plan: SplitPlan, inputs: SplitInputs): Promise<void> {
  const { run, reporter, views, options } = inputs
  const path = run.path('predictions', `${plan.name}.parquet`)
  if (existsSync(path)) return
  using files = new SplitFiles(path, plan, inputs)
  const viewsPerSite = options.tilesPerSite * options.symmetries.length
  const progress = reporter.progress(`infer ${plan.name}`, plan.sites * viewsPerSite, 'views')
  const done = plan.plates.slice(0, files.platesDone)
  if (done.length > 0) {
    reporter.say(
      `infer: ${plan.name}: ${done.length} of ${plan.plates.length} plates were done before`,
    )
    progress.advance(viewsOf(done, inputs))
  }
  const groupOf = groups(inputs.whole ?? plan, inputs)
  for (const plate of plan.plates.slice(done.length)) {
    await predictPlate(plate, groupOf(plate), inputs, files, (count) => progress.advance(count))
    const { experiment, plate: name } = predictionRow(inputs.screen, plate.units[0] ?? -1)
    run.event({
      type: 'plate',
      split: plan.name,
      experiment,
      plate: name,
      units: plate.units.length,
      views,
    })
  }
  files.finish()
  progress.done()
}

async function predictPlate(
  { cellType, units }: PlateUnits,
  group: readonly number[],
  { screen, loader, networks, adaptedFor, options }: SplitInputs,
  files: SplitFiles,
  advance: (views: number) => void,
): Promise<void> {
  let views = 0
  const onView = (view: View) => {
    files.addView(view)
    views++
  }
  const all = { ...options, onView }
  const found =
    adaptedFor?.(cellType).predict(units, group, all) ??
    predictEachUnit(networks.networkFor(cellType), loader, screen, units, all)
  for await (const { unit, logits } of found) {
    files.addUnit(unit, logits)
    advance(views)
    views = 0
  }
  files.endPlate()
}

/** What the rows of a split are made from: those made from something else are not gone on with. */
export function splitKey(
  plan: SplitPlan,
  { source, header, views }: Pick<SplitInputs, 'source' | 'header' | 'views'>,
): string {
  const units = plan.plates.map((plate) => plate.units)
  return createHash('sha256')
    .update(JSON.stringify([source, header, views, units]))
    .digest('hex')
}

/** The file of views beside that of units. */
export function viewsPathOf(path: string): string {
  return path.replace(/\.parquet$/, '.views.parquet')
}

/** The units over which the statistics of a plate's batch norms are taken: its own, or those of its experiment. */
function groups(
  { plates }: SplitPlan,
  { screen, adaptedOver }: SplitInputs,
): (plate: PlateUnits) => readonly number[] {
  const experimentOf = ({ units }: PlateUnits) => predictionRow(screen, units[0] ?? -1).experiment
  const byExperiment = new Map<string, number[]>()
  for (const plate of plates) {
    const experiment = experimentOf(plate)
    byExperiment.set(experiment, [...(byExperiment.get(experiment) ?? []), ...plate.units])
  }
  return (plate) =>
    adaptedOver === 'experiment' ? (byExperiment.get(experimentOf(plate)) ?? []) : plate.units
}

/** The files of a split while they are written: a row a unit, and perhaps a row a view. */
class SplitFiles implements Disposable {
  private readonly units: TableWriter
  private readonly views: TableWriter | null
  private readonly screen: Screen
  private unitRows: PredictionRow[] = []
  private viewRows: PredictionRow[] = []
  private sites: string[] = []
  private tiles: number[] = []
  private symmetries: string[] = []

  constructor(path: string, plan: SplitPlan, { screen, header, source, views }: SplitInputs) {
    this.screen = screen
    try {
      mkdirSync(dirname(path), { recursive: true })
    } catch (cause) {
      throw diskFault(cause, path)
    }
    const key = splitKey(plan, { source, header, views })
    const viewsPath = viewsPathOf(path)
    this.units = new TableWriter(path, predictionLayout(unitColumns, header, 'float32'), key)
    this.views =
      views === 'none' || this.viewsAreWhole(viewsPath, plan)
        ? null
        : new TableWriter(viewsPath, predictionLayout(viewColumns, header, views), key)
    const done = Math.min(this.units.groups, this.views?.groups ?? Number.POSITIVE_INFINITY)
    this.units.keep(done)
    this.views?.keep(done)
  }

  get platesDone(): number {
    return this.units.groups
  }

  addView({ sample, logits }: View): void {
    if (this.views === null) return
    const site = this.screen.sites[sample.site]
    this.views.addRow(logits)
    const last = this.viewRows.at(-1)
    const unit = site?.unit ?? -1
    const sameUnit = last !== undefined && last.unit === this.screen.units[unit]?.id
    this.viewRows.push(sameUnit ? last : predictionRow(this.screen, unit))
    this.sites.push(site?.site ?? '')
    this.tiles.push(sample.tile)
    this.symmetries.push(sample.symmetry)
  }

  addUnit(unit: number, logits: Float64Array): void {
    this.units.addRow(logits)
    this.unitRows.push(predictionRow(this.screen, unit))
  }

  /** Views first: a plate whose units are whole has its views. */
  endPlate(): void {
    const { sites: site, tiles: tile, symmetries: symmetry } = this
    const columns: Columns = { ...unitColumnsOf(this.viewRows), site, tile, symmetry }
    this.views?.endGroup(columns)
    this.units.endGroup(unitColumnsOf(this.unitRows))
    this.unitRows = []
    this.viewRows = []
    this.sites = []
    this.tiles = []
    this.symmetries = []
  }

  finish(): void {
    this.views?.finish()
    this.units.finish()
  }

  [Symbol.dispose](): void {
    this.views?.close()
    this.units.close()
  }

  /** Killed between the two files' last steps: only the units' file is still to be put in place. */
  private viewsAreWhole(viewsPath: string, plan: SplitPlan): boolean {
    return this.units.groups === plan.plates.length && existsSync(viewsPath)
  }
}

function viewsOf(plates: readonly PlateUnits[], { screen, options }: SplitInputs): number {
  const units = plates.flatMap((plate) => plate.units)
  const sites = units.reduce((sum, unit) => sum + (screen.units[unit]?.sites.length ?? 0), 0)
  return sites * options.tilesPerSite * options.symmetries.length
}
