import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Section } from '../config/config.js'
import { PredictionError } from '../errors.js'
import { loadNetwork } from '../models/checkpoint.js'
import { cellTypeFolder } from '../models/checkpoint-path.js'
import type { InferenceNetwork, Network } from '../models/network.js'
import type { Precision } from '../models/precision.js'
import type { FinishedRun } from '../run/finished-run.js'
import type { Screen } from '../screen/screen.js'

/**
 * The networks of a run of training: one for all units, or one for each cell type (fine-tuned runs,
 * and `bestByCellType`). One is in memory at a time.
 */
export class NetworkSource implements Disposable {
  private readonly perCellType: boolean
  private adaptable: { readonly key: string; readonly network: Network } | null = null
  private current: { readonly key: string; readonly network: InferenceNetwork } | null = null

  constructor(
    private readonly run: FinishedRun,
    private readonly choice: Section<'prediction'>['checkpoint'],
    private readonly device: string,
    private readonly precision: Precision,
  ) {
    this.perCellType = run.verb === 'fine-tune' || choice === 'bestByCellType'
  }

  /**
   * Loads each network that will be needed once, before hours are spent.
   *
   * @param units How many units of each cell type are to be predicted.
   * @param views Images that the network takes at once: 2 in pairs.
   * @param known Classes of the screen, or null where it names none: then the network's count.
   * @returns How many classes are predicted, the SHA-256 over the checkpoints, and the cell types that
   *   the networks take as an input.
   * @throws {PredictionError} when a cell type has no network, or channels or classes disagree with the screen.
   * @throws {CheckpointError} when a checkpoint is missing or broken.
   */
  check(
    units: ReadonlyMap<string, number>,
    screen: Screen,
    known: number | null,
    views: 1 | 2,
  ): {
    readonly classes: number
    readonly digest: string
    readonly cellTypes: readonly string[]
  } {
    let classes = known ?? 0
    let cellTypes: readonly string[] = []
    const hash = createHash('sha256')
    const [anyCellType] = units.keys()
    const needed = this.perCellType ? [...units.keys()].sort() : [anyCellType].filter(isText)
    for (const cellType of needed) {
      this.refuseMissing(cellType, units.get(cellType) ?? 0)
      const { network, path, description } = loadNetwork(
        this.run.folder,
        this.choice,
        this.perCellType ? cellType : undefined,
      )
      network.dispose()
      refuseOtherChannels(path, description.channels / views, screen)
      if (known !== null) refuseOtherClasses(path, description.classes, known, screen)
      else classes = description.classes
      cellTypes = description.cellTypes
      hash.update(readFileSync(path))
    }
    return { classes, digest: hash.digest('hex'), cellTypes }
  }

  /** The network for units of a cell type, on the device; it stays this source's own. */
  networkFor(cellType: string): InferenceNetwork {
    const key = this.perCellType ? cellType : ''
    if (this.current?.key === key) return this.current.network
    this[Symbol.dispose]()
    const trained = this.trainedFor(cellType)
    try {
      const network = trained.compileForInference(this.precision)
      this.current = { key, network }
      return network
    } finally {
      trained.dispose()
    }
  }

  /** The same network as it was trained, in evaluation mode, for gradients; it is the caller's own. */
  trainedFor(cellType: string): Network {
    const wanted = this.perCellType ? cellType : undefined
    const { network } = loadNetwork(this.run.folder, this.choice, wanted)
    network.to({ device: this.device })
    return network
  }

  /** As it was trained, for batch norms of other statistics; it stays this source's own. */
  adaptableFor(cellType: string): Network {
    const key = this.perCellType ? cellType : ''
    if (this.adaptable?.key === key) return this.adaptable.network
    this[Symbol.dispose]()
    const network = this.trainedFor(cellType)
    network.to({ memoryFormat: 'channelsLast' })
    this.adaptable = { key, network }
    return network
  }

  [Symbol.dispose](): void {
    this.current?.network.dispose()
    this.current = null
    this.adaptable?.network.dispose()
    this.adaptable = null
  }

  private refuseMissing(cellType: string, units: number): void {
    const { folder, verb } = this.run
    if (verb !== 'fine-tune' || existsSync(cellTypeFolder(folder, cellType))) return
    const there = readdirSync(folder).filter((name) =>
      existsSync(join(folder, name, 'checkpoints')),
    )
    throw new PredictionError(
      `prediction.from: the fine-tuned run ${folder} has no network for cell type ${cellType}, of which there are ${units} units to predict; it has ${there.join(', ') || 'none'}. Fine-tune ${cellType} too (fineTune.cellTypes), or leave its experiments out (split.skipExperiments).`,
    )
  }
}

function refuseOtherChannels(path: string, channels: number, screen: Screen): void {
  if (channels === screen.channels.length) return
  const names = screen.channels.map(({ name }) => name).join(', ')
  throw new PredictionError(
    `infer: the network in ${path} takes images of ${channels} channels, and the screen "${screen.name}" has ${screen.channels.length} (${names}). Use a model that was trained on such images, or preprocess the screen with the model's channels.`,
  )
}

function refuseOtherClasses(path: string, got: number, known: number, screen: Screen): void {
  const withControls = known + screen.controlClasses
  if (got === known || got === withControls) return
  throw new PredictionError(
    `infer: the network in ${path} knows ${got} classes, and the screen "${screen.name}" has ${known}${screen.controlClasses > 0 ? ` (${withControls} with its controls)` : ''}. Use a model that was trained on these classes.`,
  )
}

function isText(value: string | undefined): value is string {
  return value !== undefined
}
