import { AssignmentError, ShapeError } from '../errors.js'
import type { Matrix } from '../evaluation/matrix.js'

/** Rows that take part in the reduction more often than this, on average, are left to the search. */
const reductionsPerRow = 4

/**
 * Rows one to one with columns at the least total cost; each row gets a column, each column at most
 * one row. First every row takes its cheapest column, and rows that compete bid up its price; what
 * is still without a column is placed along shortest augmenting paths over the reduced costs.
 *
 * Among equally cheap assignments the result is one of them, the same each time.
 *
 * @param cost `[row, column]`, at most as many rows as columns; +Infinity is forbidden.
 * @returns `[row]`, the column of each row; no column twice.
 * @throws {ShapeError} for more rows than columns, and for NaN or -Infinity.
 * @throws {AssignmentError} when no assignment avoids the forbidden places; it names rows that
 *   compete for too few columns.
 * @see Jonker & Volgenant 1987, Computing 38:325; Crouse 2016, IEEE Trans. Aerospace and Electronic
 *   Systems 52:1679 (rectangular matrices, without the column reduction).
 */
export function linearAssignment(cost: Matrix): Int32Array {
  const { rows, columns } = cost
  if (rows > columns) {
    throw new ShapeError(
      `linear assignment: got ${rows} rows for ${columns} columns, expected at most as many rows as columns. Transpose the matrix, or leave rows out.`,
    )
  }
  const costs = checkedCosts(cost)
  const state: State = {
    rows,
    columns,
    costs,
    price: new Float64Array(columns),
    columnOf: new Int32Array(rows).fill(-1),
    rowOf: new Int32Array(columns).fill(-1),
  }
  const waiting = reduceRows(state)
  const search = newSearch(state)
  for (const row of waiting) augment(state, search, row)
  return state.columnOf
}

interface State {
  readonly rows: number
  readonly columns: number
  /** `[row, column]` */
  readonly costs: Float64Array
  /** `[column]`: what a column costs besides, at most 0, and 0 while no row has it. */
  readonly price: Float64Array
  readonly columnOf: Int32Array
  readonly rowOf: Int32Array
}

/** Costs in double precision: prices are differences of costs. */
function checkedCosts({ data, columns }: Matrix): Float64Array {
  for (let i = 0; i < data.length; i++) {
    const value = data[i] ?? 0
    if (value > Number.NEGATIVE_INFINITY) continue
    throw new ShapeError(
      `linear assignment: got ${value} in row ${Math.floor(i / columns)}, column ${i % columns}; expected numbers, or +Infinity where a place is forbidden.`,
    )
  }
  return data instanceof Float64Array ? data : Float64Array.from(data)
}

/**
 * Each row takes the column that is cheapest with its price, and lowers that price to where its
 * second choice would be as good; a row that loses its column takes its turn again. Prices stay such
 * that every row has a cheapest column.
 *
 * @returns Rows that are left without a column.
 */
function reduceRows({ rows, columns, costs, price, columnOf, rowOf }: State): number[] {
  const left: number[] = []
  const queue = Int32Array.from({ length: rows }, (_, row) => rows - 1 - row)
  let length = rows
  let turns = reductionsPerRow * rows
  while (length > 0) {
    length--
    const row = queue[length] ?? 0
    const start = row * columns
    let first = -1
    let least = Number.POSITIVE_INFINITY
    let second = Number.POSITIVE_INFINITY
    for (let column = 0; column < columns; column++) {
      const reduced = (costs[start + column] ?? 0) - (price[column] ?? 0)
      if (reduced >= second) continue
      if (reduced < least) {
        second = least
        least = reduced
        first = column
      } else second = reduced
    }
    const owner = first < 0 ? -1 : (rowOf[first] ?? -1)
    // A tie with the owner, or a row with a single place: the search settles those.
    const yields = owner >= 0 && (second === least || turns <= 0)
    if (first < 0 || second === Number.POSITIVE_INFINITY || yields) {
      left.push(row)
      continue
    }
    turns--
    price[first] = (price[first] ?? 0) - (second - least)
    columnOf[row] = first
    rowOf[first] = row
    if (owner >= 0) {
      columnOf[owner] = -1
      queue[length++] = owner
    }
  }
  return left
}

/** Room for one search, used again for each. */
interface Search {
  /** `[column]`: length of the shortest path to it so far. */
  readonly distance: Float64Array
  /** `[column]`: the row before it on that path. */
  readonly before: Int32Array
  /** `[column]`: columns not reached yet, then those reached, in falling order. */
  readonly order: Int32Array
}

function newSearch({ columns }: State): Search {
  return {
    distance: new Float64Array(columns),
    before: new Int32Array(columns),
    order: new Int32Array(columns),
  }
}

/** Gives a row a column along the shortest augmenting path (Dijkstra), and mends the prices. */
function augment(state: State, search: Search, from: number): void {
  const { columns, costs, price, columnOf, rowOf } = state
  const { distance, before, order } = search
  for (let column = 0; column < columns; column++) order[column] = columns - 1 - column
  distance.fill(Number.POSITIVE_INFINITY)
  let open = columns
  let row = from
  let reached = 0
  let sink = -1
  while (sink < 0) {
    const start = row * columns
    const own = columnOf[row] ?? -1
    // Going back over the row's own column costs nothing: its reduced cost is the row's least.
    const base = own < 0 ? 0 : (costs[start + own] ?? 0) - (price[own] ?? 0)
    const offset = reached - base
    let nearest = Number.POSITIVE_INFINITY
    let at = -1
    for (let i = 0; i < open; i++) {
      const column = order[i] ?? 0
      const along = (costs[start + column] ?? 0) - (price[column] ?? 0) + offset
      let best = distance[column] ?? 0
      if (along < best) {
        best = along
        distance[column] = along
        before[column] = row
      }
      // Of equally near columns a free one ends the search.
      if (best < nearest || (best === nearest && (rowOf[column] ?? 0) < 0)) {
        nearest = best
        at = i
      }
    }
    if (nearest === Number.POSITIVE_INFINITY) throw infeasible(state, search, open, from)
    const column = order[at] ?? 0
    reached = nearest
    open--
    order[at] = order[open] ?? 0
    order[open] = column
    if ((rowOf[column] ?? -1) < 0) sink = column
    else row = rowOf[column] ?? 0
  }
  for (let i = open; i < columns; i++) {
    const column = order[i] ?? 0
    price[column] = (price[column] ?? 0) + (distance[column] ?? 0) - reached
  }
  for (let column = sink; ; ) {
    const taker = before[column] ?? 0
    const next = columnOf[taker] ?? -1
    rowOf[column] = taker
    columnOf[taker] = column
    if (taker === from) return
    column = next
  }
}

/** The rows that the search came through have together fewer columns than they are (Hall 1935). */
function infeasible(
  { columns, rowOf }: State,
  { order }: Search,
  open: number,
  from: number,
): AssignmentError {
  const contested = Array.from(order.subarray(open, columns)).sort((a, b) => a - b)
  const rows = [from, ...contested.map((column) => rowOf[column] ?? 0)].sort((a, b) => a - b)
  return new AssignmentError(
    `linear assignment: no assignment avoids the forbidden places: ${rows.length === 1 ? 'row' : 'rows'} ${listed(rows)} may only have ${contested.length === 0 ? 'no column at all' : `${contested.length === 1 ? 'column' : 'columns'} ${listed(contested)}`}. Forbid less, or leave rows out.`,
    rows,
    contested,
  )
}

function listed(indices: readonly number[]): string {
  const shown = indices.slice(0, 10).join(', ')
  return indices.length > 10 ? `${shown} and ${indices.length - 10} more` : shown
}
