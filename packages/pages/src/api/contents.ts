import { z } from 'zod'

/** A run, as it stands in the list of all that is there. */
export const listedRunSchema = z.object({
  /** From the served folder, with slashes; `.` for the folder itself. */
  path: z.string(),
  verb: z.string(),
  /** `stopped`: neither finished nor being worked at. */
  state: z.enum(['finished', 'running', 'stopped']),
  /** When it was begun first, ISO 8601. */
  started: z.string(),
})
export type ListedRun = z.output<typeof listedRunSchema>

/** `GET /api/contents`: what the served folder holds. */
export const contentsSchema = z.object({
  folder: z.string(),
  runs: z.array(listedRunSchema),
  stores: z.array(z.object({ path: z.string() })),
  /** Whether there are more folders than were looked at. */
  cut: z.boolean(),
})
export type Contents = z.output<typeof contentsSchema>
