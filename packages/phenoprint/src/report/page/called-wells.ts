import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { z } from 'zod'
import { EarlierRunError } from '../../errors.js'
import type { MappedWell } from '../plots/plate-map.js'

/** A unit of `calls.csv`, its classes by name where they have one. */
export interface CalledWell extends MappedWell {
  readonly split: string
  readonly experiment: string
  readonly plate: string
  readonly cellType: string
  readonly unit: string
}

const lineSchema = z.object({
  split: z.string(),
  experiment: z.string(),
  plate: z.string(),
  well: z.string(),
  cellType: z.string(),
  unit: z.string(),
  call: z.string(),
  callName: z.string(),
  probability: z.string(),
  label: z.string(),
  labelName: z.string(),
  outcome: z.enum(['right', 'wrong', '']),
})

/**
 * Reads the table that infer, ensemble and assign write for people.
 *
 * @throws {EarlierRunError} when it is missing or another table.
 */
export function readCalls(path: string): CalledWell[] {
  try {
    const lines: unknown = parse(readFileSync(path), { columns: true })
    return z.array(lineSchema).parse(lines).map(wellOf)
  } catch (cause) {
    throw new EarlierRunError(
      `report: ${path} is missing or no table of calls. Make the run again in another folder, or leave it out.`,
      { cause },
    )
  }
}

function wellOf(line: z.output<typeof lineSchema>): CalledWell {
  const { split, experiment, plate, well, cellType, unit, call, label, probability } = line
  return {
    split,
    experiment,
    plate,
    well,
    cellType,
    unit,
    call: call === '' ? 'nothing' : nameOf(call, line.callName),
    label: nameOf(label, line.labelName),
    outcome: line.outcome === '' ? 'unknown' : line.outcome,
    probability: probability === '' ? null : Number(probability),
  }
}

/** Classes without a name go by their number. */
function nameOf(index: string, name: string): string {
  return name === '' && index !== '' ? `class ${index}` : name
}

/** The split whose figures say most about unseen experiments: test where its labels are known. */
export function shownSplit(wells: readonly CalledWell[]): CalledWell[] {
  const known = wells.filter(({ outcome }) => outcome !== 'unknown')
  const splits = ['test', 'validation', 'train']
  const split =
    splits.find((name) => known.some((well) => well.split === name)) ?? wells[0]?.split ?? ''
  return wells.filter((well) => well.split === split)
}
