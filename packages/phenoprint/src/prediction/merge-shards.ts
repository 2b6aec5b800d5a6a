import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PredictionError } from '../errors.js'
import { diskFault } from '../run/disk-fault.js'
import type { Reporter } from '../run/reporter.js'
import type { RunDirectory } from '../run/run-directory.js'
import { shardInWords } from '../run/shard.js'
import type { Screen } from '../screen/screen.js'
import { planShard, type SplitPlan } from './inference-plan.js'
import type { ColumnKinds, TableLayout } from './parquet/layout.js'
import { TableReader } from './parquet/table-reader.js'
import { sourceKey, TableWriter } from './parquet/table-writer.js'
import { type SplitInputs, splitKey, viewsPathOf } from './predict-split.js'
import { predictionLayout } from './prediction-header.js'
import { unitColumns, viewColumns } from './prediction-row.js'

interface MergeInputs extends Pick<SplitInputs, 'source' | 'header' | 'views'> {
  readonly run: RunDirectory
  readonly reporter: Reporter
  readonly screen: Screen
  /** Run directories of the shards, in order. */
  readonly shards: readonly string[]
}

/**
 * Puts the predictions of shards together, plate by plate in the order of the split: the files are to
 * the byte those that one process would have written.
 *
 * @throws {PredictionError} when a shard holds other plates than its own, such as those of another one,
 *   or was predicted with other networks.
 */
export async function mergeShards(plan: SplitPlan, inputs: MergeInputs): Promise<void> {
  const { run, views, shards, reporter } = inputs
  const name = `${plan.name}.parquet`
  const path = run.path('predictions', name)
  try {
    mkdirSync(dirname(path), { recursive: true })
  } catch (cause) {
    throw diskFault(cause, path)
  }
  const parts = shards.map((folder) => join(folder, 'predictions', name))
  const tables = [{ path, parts, columns: unitColumns, precision: 'float32' } as const]
  const viewTables =
    views === 'none'
      ? []
      : [
          {
            path: viewsPathOf(path),
            parts: parts.map(viewsPathOf),
            columns: viewColumns,
            precision: views,
          } as const,
        ]
  for (const table of [...viewTables, ...tables]) await mergeTable(table, plan, inputs)
  reporter.say(
    `infer: ${plan.name}: ${plan.plates.length} plates of ${shards.length} shards merged`,
  )
}

interface MergedTable {
  readonly path: string
  readonly parts: readonly string[]
  readonly columns: ColumnKinds
  readonly precision: 'float32' | 'float16'
}

async function mergeTable(
  { path, parts, columns, precision }: MergedTable,
  plan: SplitPlan,
  inputs: MergeInputs,
): Promise<void> {
  const names = Object.keys(columns)
  const layout = predictionLayout(columns, inputs.header, precision)
  const tables: TableReader[] = []
  try {
    for (const part of parts) tables.push(await TableReader.open(part, names))
    for (const index of tables.keys()) requireOwnPlates(index, tables, plan, inputs)
    await copyGroups(tables, plan, path, layout, inputs)
  } finally {
    for (const table of tables) await table.close()
  }
}

/** A row group a plate, each from the shard to which it fell. */
async function copyGroups(
  tables: readonly TableReader[],
  plan: SplitPlan,
  path: string,
  layout: TableLayout,
  inputs: MergeInputs,
): Promise<void> {
  const names = Object.keys(layout.columns)
  const { classes } = layout
  using writer = new TableWriter(path, layout, splitKey(plan, inputs))
  writer.keep(0)
  for (const position of plan.plates.keys()) {
    inputs.reporter.signal.throwIfAborted()
    const table = tables[position % tables.length]
    const group = Math.floor(position / tables.length)
    if (table === undefined) continue
    for await (const block of table.blocks(group)) {
      for (let first = 0; first < block.length; first += classes) {
        writer.addRow(block.subarray(first, first + classes))
      }
    }
    writer.endGroup(await table.columns(group, names))
  }
  writer.finish()
}

/** A shard says of which plates and networks its rows are: those are compared with what falls to it. */
function requireOwnPlates(
  index: number,
  tables: readonly TableReader[],
  plan: SplitPlan,
  inputs: MergeInputs,
): void {
  const table = tables[index]
  if (table === undefined) return
  const count = tables.length
  const keyOf = (i: number) => splitKey(planShard(inputs.screen, plan, { index: i, count }), inputs)
  const own = planShard(inputs.screen, plan, { index, count })
  const got = table.metadata[sourceKey]
  if (got === keyOf(index) && table.groups.length === own.plates.length) return
  const other = tables.findIndex((_, i) => keyOf(i) === got)
  const what =
    other >= 0
      ? `the plates of ${shardInWords({ index: other, count })}: that shard is there twice`
      : 'other plates, or predictions of other networks or settings'
  throw new PredictionError(
    `shards: ${table.path} holds ${what}; expected those of ${shardInWords({ index, count })}. Delete ${dirname(dirname(table.path))} and run phenoprint infer with --shard ${index}/${count} again.`,
  )
}
