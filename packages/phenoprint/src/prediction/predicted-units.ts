import type { Matrix } from '../evaluation/matrix.js'
import type { PredictionHeader } from './prediction-header.js'
import type { PredictionRow } from './prediction-row.js'

/** Rows and their logits `[row, class]`. */
export interface PredictionBlock {
  readonly rows: readonly PredictionRow[]
  readonly logits: Matrix
}

/** The predictions of one split, a row a unit, in row groups: with our files, a plate each. */
export interface PredictedUnits extends AsyncDisposable {
  readonly path: string
  readonly header: PredictionHeader
  /** How many row groups there are. */
  readonly groups: number
  /** Cell types of a row group, without its logits; each may stand there often. */
  cellTypes(group: number): Promise<string[]>
  /** Who the units of a row group are, without their logits. */
  rows(group: number): Promise<PredictionRow[]>
  /** One row group. */
  block(group: number): Promise<PredictionBlock>
}
