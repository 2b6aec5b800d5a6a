import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { count, duration } from '../words.js'

const epochSchema = z.looseObject({
  type: z.literal('epoch'),
  cellType: z.string().nullish(),
  epoch: z.number(),
  epochs: z.number(),
  seconds: z.number(),
})

/** How far a run is, from the events in its folder, and about how long it still takes; null before any. */
export function progressOf(folder: string): string | null {
  const path = join(folder, 'events.jsonl')
  if (!existsSync(path)) return null
  // A line that is being written has no end yet.
  const whole = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  const events: unknown[] = whole.map((line) => JSON.parse(line))
  const epochs = events.flatMap((event) => {
    const parsed = epochSchema.safeParse(event)
    return parsed.success ? [parsed.data] : []
  })
  const last = epochs.at(-1)
  if (last !== undefined) {
    const own = epochs.filter(({ cellType }) => cellType === last.cellType)
    const mean = own.reduce((sum, { seconds }) => sum + seconds, 0) / own.length
    const left = Math.max(0, last.epochs - last.epoch) * mean
    const who = last.cellType ? `${last.cellType}: ` : ''
    return `${who}epoch ${last.epoch} of ${last.epochs}, at most about ${duration(left)} left`
  }
  const plates = events.filter((event) => isPlate(event)).length
  return plates > 0 ? `${count(plates, 'plate')} done` : null
}

function isPlate(event: unknown): boolean {
  return typeof event === 'object' && event !== null && 'type' in event && event.type === 'plate'
}
