import { z } from 'zod'
import type { Metrics, MetricsByCellType } from './metrics.js'

/** JSON has no NaN: it stands there as null. */
const number = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN)

/** {@link Metrics} as JSON keeps them. */
export const metricsSchema = z.object({
  count: z.number(),
  accuracy: number,
  balancedAccuracy: number,
  top5: number,
  loss: number,
  ece: number,
}) satisfies z.ZodType<Metrics>

/** {@link MetricsByCellType} as JSON keeps them. */
export const metricsByCellTypeSchema = z.object({
  overall: metricsSchema,
  byCellType: z.record(z.string(), metricsSchema),
}) satisfies z.ZodType<MetricsByCellType>
