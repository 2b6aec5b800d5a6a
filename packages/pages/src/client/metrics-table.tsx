import { z } from 'zod'
import { decimals, percent } from './words.js'

const metricsSchema = z.object({
  count: z.number(),
  accuracy: z.number().nullable(),
  balancedAccuracy: z.number().nullable(),
  top5: z.number().nullable(),
  loss: z.number().nullable(),
  ece: z.number().nullable(),
})

const groupSchema = z.object({
  overall: metricsSchema,
  byCellType: z.record(z.string(), metricsSchema),
})

type Metrics = z.output<typeof metricsSchema>

/** Figures of one part of the units: a split, or a cell type of it. */
interface Row {
  readonly name: string
  readonly metrics: Metrics
}

/**
 * The figures of `metrics.json`, whichever command wrote it: every group of figures in it, by where it
 * stands there (`best`, `validation`, `test`).
 */
export function metricRows(value: unknown, name = ''): Row[] {
  const group = groupSchema.safeParse(value)
  if (group.success) {
    const { overall, byCellType } = group.data
    const cellTypes = Object.entries(byCellType)
    const rows = cellTypes.length < 2 ? [] : cellTypes
    return [
      { name: name || 'all', metrics: overall },
      ...rows.map(([cellType, metrics]) => ({ name: `${name} ${cellType}`.trim(), metrics })),
    ].filter(({ metrics }) => metrics.count > 0)
  }
  const record = z.record(z.string(), z.unknown()).safeParse(value)
  return Object.entries(record.data ?? {}).flatMap(([key, below]) => {
    if (key === 'members') return []
    return metricRows(below, key === 'metrics' ? name : `${name} ${key}`.trim())
  })
}

/** Figures of a run as a table; nothing where it has none. */
export function MetricsTable({ metrics }: { readonly metrics: unknown }) {
  const rows = metricRows(metrics)
  if (rows.length === 0) return null
  return (
    <section>
      <h2>Figures</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Units</th>
            <th scope="col" class="number">
              Count
            </th>
            <th scope="col" class="number">
              Accuracy
            </th>
            <th scope="col" class="number">
              Balanced
            </th>
            <th scope="col" class="number">
              Top 5
            </th>
            <th scope="col" class="number">
              Loss (nats)
            </th>
            <th scope="col" class="number">
              Calibration error
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, metrics: of }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="number">{of.count}</td>
              <td class="number">{percent(of.accuracy)}</td>
              <td class="number">{percent(of.balancedAccuracy)}</td>
              <td class="number">{percent(of.top5)}</td>
              <td class="number">{decimals(of.loss)}</td>
              <td class="number">{percent(of.ece)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
