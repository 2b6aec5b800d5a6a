import type { Section } from '../config/config.js'
import { row } from '../evaluation/matrix.js'
import { argmax, softmax } from '../evaluation/softmax.js'
import type { CellTypeInput } from '../models/cell-type-input.js'
import { pathSegment } from '../models/checkpoint-path.js'
import type { Network } from '../models/network.js'
import { encodePng } from '../png.js'
import type { CsvFile } from '../prediction/csv-file.js'
import { predictUnits } from '../prediction/predict-units.js'
import type { ViewLoader } from '../prediction/predict-views.js'
import { predictionRow } from '../prediction/prediction-row.js'
import { writeFileAtomic } from '../run/files.js'
import type { Reporter } from '../run/reporter.js'
import type { RunDirectory } from '../run/run-directory.js'
import type { Screen } from '../screen/screen.js'
import type { Store } from '../store/store.js'
import { readSite } from '../store/verify.js'
import { displayOf } from './display.js'
import { explanationSheet } from './explanation-sheet.js'
import {
  type ChannelWeights,
  channelLines,
  channelWeights,
  type ExplainedClass,
} from './explanation-table.js'
import { attributeSite } from './site-attribution.js'

export interface ExplainInputs {
  readonly section: Section<'explain'>
  readonly store: Store
  readonly loader: ViewLoader
  readonly device: string
  /** What the networks take beside images. */
  readonly cellTypes: CellTypeInput | null
  /** How many classes are predicted: the first of the network's. */
  readonly classes: number
  readonly names: readonly string[] | null
  readonly table: CsvFile
  readonly run: RunDirectory
}

/** A site that was explained. */
export interface ExplainedSite {
  readonly cellType: string
  readonly weights: ChannelWeights
  /** Path of its sheet. */
  readonly picture: string
}

/** How many of the units are of each cell type. */
export function countByCellType(screen: Screen, units: readonly number[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const unit of units) {
    const { cellType } = predictionRow(screen, unit)
    counts.set(cellType, (counts.get(cellType) ?? 0) + 1)
  }
  return counts
}

/**
 * Explains units one after another, each by the network of its cell type.
 *
 * @param units By cell type.
 */
export async function explainUnits(
  units: readonly number[],
  networks: { trainedFor(cellType: string): Network },
  inputs: ExplainInputs,
  reporter: Reporter,
): Promise<ExplainedSite[]> {
  const { screen } = inputs.store
  const cellTypeOf = (unit: number) => predictionRow(screen, unit).cellType
  const sites = units.reduce((sum, unit) => sum + (screen.units[unit]?.sites.length ?? 0), 0)
  const progress = reporter.progress('explain', sites, 'sites')
  const found: ExplainedSite[] = []
  for (const cellType of countByCellType(screen, units).keys()) {
    using network = networks.trainedFor(cellType)
    for (const unit of units.filter((index) => cellTypeOf(index) === cellType)) {
      reporter.signal.throwIfAborted()
      const explained = await explainUnit(unit, network, inputs)
      found.push(...explained)
      progress.advance(explained.length)
    }
  }
  progress.done()
  return found
}

async function explainUnit(
  unit: number,
  network: Network,
  inputs: ExplainInputs,
): Promise<ExplainedSite[]> {
  const { section, store, table, run, names } = inputs
  const { screen, tiling } = store
  const of = await classOf(unit, network, inputs)
  const sites = screen.units[unit]?.sites ?? []
  const pixels = await Promise.all(sites.map((site) => readSite(store, site)))
  const display = displayOf(screen, section.brightest, pixels)
  const channels = screen.channels.map(({ name }) => name)
  const found: ExplainedSite[] = []
  for (const [i, site] of sites.entries()) {
    const attribution = await attributeSite(site, of.classIndex, {
      ...inputs,
      ...section,
      network,
      tiling,
    })
    const { id = '', site: name = '' } = screen.sites[site] ?? {}
    const sheet = explanationSheet(
      pixels[i] ?? new Uint8Array(),
      attribution,
      tiling.image,
      display,
      section,
    )
    const picture = run.path('pictures', `${pathSegment(id.replaceAll('/', '_'))}.png`)
    writeFileAtomic(picture, encodePng(sheet.rgb, sheet.width, sheet.height, 3))
    const weights = channelWeights(attribution, channels.length)
    table.add(channelLines(of, name, channels, weights, names))
    found.push({ cellType: of.who.cellType, weights, picture })
  }
  return found
}

/** The class whose logit is explained, and how likely the network holds it, over all tiles and sites. */
async function classOf(
  unit: number,
  network: Network,
  { section, store, loader, device, cellTypes, classes }: ExplainInputs,
): Promise<ExplainedClass> {
  const who = predictionRow(store.screen, unit)
  const logits = await predictUnits(network, loader, store.screen, [unit], {
    device,
    cellTypes,
    classes,
    batchSize: section.batchSize,
    tilesPerSite: store.tilesPerSite,
    symmetries: ['identity'],
    reduce: 'logitMean',
  })
  const values = row(logits, 0)
  const classIndex =
    section.class === 'call'
      ? argmax(values)
      : section.class === 'label'
        ? (who.label ?? -1)
        : section.class
  return { who, classIndex, probability: softmax(values)[classIndex] ?? 0 }
}
