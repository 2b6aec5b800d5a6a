import { PredictionError } from '../errors.js'
import { matrix } from '../evaluation/matrix.js'
import { givesRanks } from '../evaluation/reductions.js'
import type { PredictedUnits, PredictionBlock } from './predicted-units.js'
import type { PredictionHeader } from './prediction-header.js'
import type { PredictionRow } from './prediction-row.js'
import { type Averaging, averageLevels } from './view-levels.js'
import { ViewPredictions } from './view-predictions.js'

/** Predictions a row a unit, averaged again from the stored views of a split; no model is needed. */
export class AveragedViews implements PredictedUnits {
  readonly header: PredictionHeader

  private constructor(
    private readonly views: ViewPredictions,
    private readonly averaging: Averaging,
  ) {
    // What is stored are logits, whatever infer then made of them.
    const ranked = averaging.find(({ reduce }) => givesRanks(reduce))
    const reduce = (ranked ?? averaging.at(-1))?.reduce ?? null
    const scores = ranked === undefined ? 'logits' : 'ranks'
    this.header = { ...views.header, scores, reduce }
  }

  /** @throws {PredictionError} when the file is missing, cut off, or not a table of views. */
  static async open(path: string, averaging: Averaging): Promise<AveragedViews> {
    return new AveragedViews(await ViewPredictions.open(path), averaging)
  }

  get path(): string {
    return this.views.path
  }

  get groups(): number {
    return this.views.groups
  }

  async cellTypes(group: number): Promise<string[]> {
    return await this.views.cellTypes(group)
  }

  async rows(group: number): Promise<PredictionRow[]> {
    return await this.views.rows(group)
  }

  /**
   * @throws {PredictionError} when a page is broken, or a weight is given for some tiles, symmetries
   *   or sites, but not for all.
   */
  async block(group: number): Promise<PredictionBlock> {
    const rows: PredictionRow[] = []
    const logits: Float32Array[] = []
    for await (const { who, views } of this.views.units(group)) {
      const [averaged] = averageLevels(views, this.averaging).at(-1) ?? []
      if (averaged === undefined) {
        throw new PredictionError(`predictions: ${this.path} has no view of unit ${who.unit}`)
      }
      rows.push(who)
      logits.push(Float32Array.from(averaged.logits))
    }
    const { classes } = this.header
    const data = new Float32Array(rows.length * classes)
    logits.forEach((of, i) => {
      data.set(of, i * classes)
    })
    return { rows, logits: matrix(data, rows.length, classes) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.views[Symbol.asyncDispose]()
  }
}
