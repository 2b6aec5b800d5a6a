import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Config, Section, SplitName } from '../config/config.js'
import { matrix } from '../evaluation/matrix.js'
import type { MetricsByCellType } from '../evaluation/metrics.js'
import type { CallsWriter } from '../prediction/calls.js'
import { TableWriter } from '../prediction/parquet/table-writer.js'
import type { PredictionBlock } from '../prediction/predicted-units.js'
import { type PredictionHeader, predictionLayout } from '../prediction/prediction-header.js'
import { type PredictionRow, unitColumns, unitColumnsOf } from '../prediction/prediction-row.js'
import { FiguresAccumulator, type PredictionFigures } from '../prediction/summary.js'
import { diskFault } from '../run/disk-fault.js'
import type { RunDirectory } from '../run/run-directory.js'
import { type CombinedRow, combinedScores } from './combine.js'
import { type Member, type MemberFiles, memberRuns } from './members.js'

/** Figures of a split: the ensemble's, and beside them each member's on the units it has a part in. */
export interface EnsembleFigures extends PredictionFigures {
  readonly members: readonly (MetricsByCellType & { readonly run: string })[]
}

interface OutputInputs {
  readonly run: RunDirectory
  readonly config: Config
  readonly section: Section<'ensemble'>
  readonly calls: CallsWriter
}

/** One split of an ensemble while it is written: predictions, calls and figures, plate by plate. */
export class EnsembleOutput implements Disposable {
  readonly header: PredictionHeader
  private readonly table: TableWriter
  private readonly figures: FiguresAccumulator
  private readonly memberFigures: ReadonlyMap<string, FiguresAccumulator>
  private readonly calls: CallsWriter
  private rows: PredictionRow[] = []
  private logits: Float64Array[] = []

  constructor(
    private readonly split: SplitName,
    members: MemberFiles,
    { run, config, section, calls }: OutputInputs,
  ) {
    this.calls = calls
    this.header = combinedHeader(split, members, section)
    this.figures = new FiguresAccumulator(this.header, config.seed)
    this.memberFigures = new Map(
      memberRuns(section).map((name) => [
        name,
        new FiguresAccumulator(members.file(name).header, config.seed),
      ]),
    )
    const path = run.path('predictions', `${split}.parquet`)
    try {
      mkdirSync(dirname(path), { recursive: true })
    } catch (cause) {
      throw diskFault(cause, path)
    }
    // Averaging is quick: what a killed run left is made again.
    this.table = new TableWriter(path, predictionLayout(unitColumns, this.header, 'float32'), null)
  }

  /** @param list The members whose logits the row carries, in that order. */
  add({ who, logits, members }: CombinedRow, list: readonly Member[]): void {
    const last = this.rows.at(-1)
    if (last !== undefined && !samePlate(last, who)) this.endPlate()
    this.rows.push(who)
    this.logits.push(logits)
    this.table.addRow(logits)
    list.forEach(({ run }, i) => {
      const own = members[i]
      if (own === undefined || list.findIndex((member) => member.run === run) !== i) return
      this.memberFigures.get(run)?.add({ rows: [who], logits: matrix(own, 1, own.length) })
    })
  }

  finish(): EnsembleFigures {
    this.endPlate()
    this.table.finish()
    const members = [...this.memberFigures].map(([run, of]) => ({ run, ...of.metrics() }))
    return { ...this.figures.figures(), members }
  }

  [Symbol.dispose](): void {
    this.table.close()
  }

  private endPlate(): void {
    const { rows } = this
    const { classes } = this.header
    const data = new Float64Array(rows.length * classes)
    this.logits.forEach((logits, i) => {
      data.set(logits, i * classes)
    })
    const block: PredictionBlock = { rows, logits: matrix(data, rows.length, classes) }
    this.figures.add(block)
    this.calls.add(this.split, this.header, block)
    this.table.endGroup(unitColumnsOf(rows))
    this.rows = []
    this.logits = []
  }
}

function samePlate(a: PredictionRow, b: PredictionRow): boolean {
  return a.plate === b.plate && a.experiment === b.experiment && a.cellType === b.cellType
}

function combinedHeader(
  split: SplitName,
  { files }: MemberFiles,
  { reduce }: Section<'ensemble'>,
): PredictionHeader {
  const headers = [...files].map(([run, { header }]) => [run, header] as const)
  const all = headers.map(([, header]) => header)
  return {
    version: 1,
    screen: all[0]?.screen ?? '',
    synthetic: all.some(({ synthetic }) => synthetic),
    split,
    classes: all[0]?.classes ?? 0,
    classNames: all.find(({ classNames }) => classNames !== null)?.classNames ?? null,
    scores: combinedScores(reduce, headers),
    reduce,
    symmetries: [],
  }
}
