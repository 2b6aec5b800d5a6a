import { z } from 'zod'
import { listedRunSchema } from './contents.js'

/** `GET /api/run?path=…`: one run. Its epochs come as events. */
export const runSchema = listedRunSchema.extend({
  /** Its store, where that lies in the served folder too. */
  store: z.string().nullable(),
  /** `config.yml` as it is. */
  config: z.string(),
  /** Whether it has a table of calls, a report and predictions, and of which splits. */
  calls: z.boolean(),
  report: z.boolean(),
  splits: z.array(z.string()),
  /** Pictures that it drew, by their path from the served folder. */
  pictures: z.array(z.string()),
  /** `metrics.json` and `provenance.json`, whatever is in them. */
  metrics: z.unknown(),
  provenance: z.unknown(),
})
export type Run = z.output<typeof runSchema>

/** `GET /api/calls?run=…`: wells as a run called them, a list a column. */
export const callsSchema = z.object({
  split: z.array(z.string()),
  experiment: z.array(z.string()),
  plate: z.array(z.string()),
  well: z.array(z.string()),
  cellType: z.array(z.string()),
  unit: z.array(z.string()),
  call: z.array(z.string()),
  label: z.array(z.string()),
  outcome: z.array(z.enum(['right', 'wrong', 'unknown'])),
  probability: z.array(z.number().nullable()),
})
export type Calls = z.output<typeof callsSchema>

/** `GET /api/prediction?run=…&split=…&unit=…`: the likeliest classes of a unit. */
export const predictionSchema = z.object({
  /** Whether scores are probabilities; else they are averaged ranks, 0 to 1. */
  probabilities: z.boolean(),
  classes: z.array(z.object({ name: z.string(), score: z.number() })),
})
export type Prediction = z.output<typeof predictionSchema>
