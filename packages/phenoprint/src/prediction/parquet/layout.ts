import type { SchemaElement } from 'hyparquet'

/** What stands in a column beside the logits. */
export type ColumnKind = 'string' | 'integer' | 'optionalInteger'

/** Columns of a table by name, in order. */
export type ColumnKinds = Readonly<Record<string, ColumnKind>>

/** Values of a group of rows, column by column. */
export type Columns = Readonly<Record<string, readonly (string | number | null)[]>>

/** A table of rows that each carry one list of numbers of the same length, `logits`. */
export interface TableLayout {
  readonly columns: ColumnKinds
  /** Length of each list. */
  readonly classes: number
  readonly precision: 'float32' | 'float16'
  /** Key-value metadata of the file. */
  readonly metadata: Readonly<Record<string, string>>
}

/** Name of the column of lists; it comes last. */
export const listColumn = 'logits'

/** Stands in `created_by`: files with it have the layout of `list-pages.ts` throughout. */
export const creator = 'phenoprint'

export const listPath = [listColumn, 'list', 'element']

/** The table as Parquet's schema, depth first. */
export function parquetSchema({ columns, precision }: TableLayout): SchemaElement[] {
  const flat = Object.entries(columns).map(([name, kind]) => flatElement(name, kind))
  return [
    { name: 'schema', num_children: flat.length + 1 },
    ...flat,
    {
      name: listColumn,
      num_children: 1,
      repetition_type: 'REQUIRED',
      converted_type: 'LIST',
      logical_type: { type: 'LIST' },
    },
    { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
    precision === 'float32'
      ? { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' }
      : {
          name: 'element',
          type: 'FIXED_LEN_BYTE_ARRAY',
          type_length: 2,
          repetition_type: 'REQUIRED',
          logical_type: { type: 'FLOAT16' },
        },
  ]
}

function flatElement(name: string, kind: ColumnKind): SchemaElement {
  switch (kind) {
    case 'string':
      return {
        name,
        type: 'BYTE_ARRAY',
        repetition_type: 'REQUIRED',
        converted_type: 'UTF8',
        logical_type: { type: 'STRING' },
      }
    case 'integer':
      return { name, type: 'INT32', repetition_type: 'REQUIRED' }
    case 'optionalInteger':
      return { name, type: 'INT32', repetition_type: 'OPTIONAL' }
  }
}
