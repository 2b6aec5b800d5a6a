import { row } from '../evaluation/matrix.js'
import type { Row } from '../evaluation/softmax.js'
import type { PredictedUnits, PredictionBlock } from '../prediction/predicted-units.js'
import type { PredictionRow } from '../prediction/prediction-row.js'

/** A unit and what one member gives it. */
export interface MemberRow {
  readonly who: PredictionRow
  /** `[class]` */
  readonly logits: Row
}

/** The units of one cell type in a file of predictions, in order; one row group is in memory. */
export class RowCursor {
  private group = -1
  private block: PredictionBlock | null = null
  private next = 0

  constructor(
    private readonly file: PredictedUnits,
    private readonly cellType: string,
  ) {}

  /** The next unit, or null behind the last. */
  async take(): Promise<MemberRow | null> {
    for (;;) {
      const rows = this.block?.rows ?? []
      for (; this.next < rows.length; this.next++) {
        const who = rows[this.next]
        if (who?.cellType !== this.cellType || this.block === null) continue
        return { who, logits: row(this.block.logits, this.next++) }
      }
      this.group++
      this.next = 0
      this.block = null
      if (this.group >= this.file.groups) return null
      const cellTypes = await this.file.cellTypes(this.group)
      if (cellTypes.includes(this.cellType)) this.block = await this.file.block(this.group)
    }
  }
}
