import type { Reduction } from '../config/config.js'
import { PredictionError } from '../errors.js'
import { row } from '../evaluation/matrix.js'
import { createReducer } from '../evaluation/reductions.js'
import type { Row } from '../evaluation/softmax.js'
import type { PredictedUnits, PredictionBlock } from '../prediction/predicted-units.js'
import type { PredictionRow } from '../prediction/prediction-row.js'
import type { CombinedRow } from './combine.js'
import type { Member } from './members.js'
import type { Prepare } from './top-classes.js'

/** Where a member has units of a plate. */
interface PlatePart {
  readonly plate: string
  readonly member: number
  readonly group: number
}

/**
 * Averages each unit over the members that have it, as members of different folds do not have each
 * other's validation units. Units come plate by plate, in the order of the first member that has them.
 *
 * @throws {PredictionError} when two members give a unit different labels.
 */
export async function* combineAny(
  files: readonly PredictedUnits[],
  list: readonly Member[],
  cellType: string,
  { reduction, classes, prepare }: { reduction: Reduction; classes: number; prepare: Prepare },
): AsyncGenerator<CombinedRow> {
  const reducer = createReducer(reduction, classes)
  for (const parts of (await platesOf(files, cellType)).values()) {
    const units = new Map<string, { who: PredictionRow; members: (Row | undefined)[] }>()
    for (const { plate, member, group } of parts) {
      const block = await files[member]?.block(group)
      for (const [who, logits] of rowsOf(block, cellType, plate)) {
        const unit = units.get(who.unit) ?? { who, members: [] }
        if (unit.who.label !== who.label) {
          throw new PredictionError(
            `ensemble: unit ${who.unit} has label ${who.label ?? 'none'} in ${list[member]?.run}, and ${unit.who.label ?? 'none'} in another member. Members must be of the same screen.`,
          )
        }
        unit.members[member] = logits
        units.set(who.unit, unit)
      }
    }
    for (const { who, members } of units.values()) {
      list.forEach(({ run, weight }, i) => {
        const logits = members[i]
        if (logits !== undefined) reducer.add(prepare(logits, run), weight)
      })
      yield { who, logits: reducer.take(), members: list.map((_, i) => members[i]) }
    }
  }
}

/** Parts of files by plate, without their logits. */
async function platesOf(
  files: readonly PredictedUnits[],
  cellType: string,
): Promise<Map<string, PlatePart[]>> {
  const plates = new Map<string, PlatePart[]>()
  for (const [member, file] of files.entries()) {
    for (let group = 0; group < file.groups; group++) {
      const rows = await file.rows(group)
      const names = rows.filter((who) => who.cellType === cellType).map(plateOf)
      for (const plate of new Set(names)) {
        const parts = plates.get(plate) ?? []
        parts.push({ member, group, plate })
        plates.set(plate, parts)
      }
    }
  }
  return plates
}

const plateOf = ({ experiment, plate }: PredictionRow): string =>
  JSON.stringify([experiment, plate])

function* rowsOf(
  block: PredictionBlock | undefined,
  cellType: string,
  plate: string,
): Generator<[PredictionRow, Row]> {
  for (const [i, who] of block?.rows.entries() ?? []) {
    if (block === undefined || who.cellType !== cellType || plateOf(who) !== plate) continue
    yield [who, row(block.logits, i)]
  }
}
