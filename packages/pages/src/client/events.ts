import type { CurvePoint } from '@phenoprint/phenoprint/plots'
import { z } from 'zod'

const metricsSchema = z.object({ loss: z.number().nullable(), accuracy: z.number().nullable() })

const epochSchema = z.object({
  type: z.literal('epoch'),
  time: z.string(),
  cellType: z.string().nullable(),
  epoch: z.int().positive(),
  epochs: z.int().positive().exactOptional(),
  loss: z.number(),
  validation: z.object({ overall: metricsSchema }).nullable(),
  seconds: z.number().exactOptional(),
})

/** An epoch of a training, as its run wrote it down. */
export interface Epoch extends CurvePoint {
  /** ISO 8601. */
  readonly time: string
  /** How many epochs it will have at most; null where it is not known. */
  readonly epochs: number | null
  readonly seconds: number | null
}

/** The epoch that a line of `events.jsonl` tells of; null for any other line. */
export function epochOf(line: string): Epoch | null {
  const { data } = epochSchema.safeParse(parsed(line))
  if (data === undefined) return null
  const { time, cellType, epoch, epochs, loss, validation, seconds } = data
  return {
    ...{ time, epoch, epochs: epochs ?? null, seconds: seconds ?? null },
    network: cellType ?? 'all',
    trainingLoss: loss,
    validationLoss: validation?.overall.loss ?? Number.NaN,
    accuracy: validation?.overall.accuracy ?? Number.NaN,
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
