import { duration } from '@phenoprint/phenoprint/basics'
import { rate } from './format.js'
import type { Meter } from './meter.js'

/** What is being counted. */
export interface Counted {
  readonly label: string
  readonly unit: string
  readonly meter: Meter
  readonly note: string
}

/** `reading images: 1,234 of 5,000 sites (25 %), 102/s, 37 s left, plate 3` */
export function progressLine({ label, unit, meter, note }: Counted): string {
  return [`${label}: ${amount(meter, unit)} (${percent(meter)} %)`, ...pace(meter, note)].join(', ')
}

/** The same with a bar, no longer than the terminal is wide. */
export function progressBar(counted: Counted, columns: number): string {
  const { label, unit, meter, note } = counted
  const words = [amount(meter, unit), ...pace(meter, note)].join(' · ')
  const room = columns - label.length - words.length - 5
  const width = Math.min(30, room)
  const text = width < 8 ? `${label}: ${words}` : `${label} ${bar(meter, width)} ${words}`
  return text.length < columns ? text : `${text.slice(0, Math.max(0, columns - 2))}…`
}

/** `reading images: 5,000 sites in 49 s (102/s)` */
export function progressSummary({ label, unit, meter }: Counted): string {
  const mean = meter.seconds > 0 ? ` (${rate(meter.done / meter.seconds)}/s)` : ''
  return `${label}: ${meter.done.toLocaleString('en')} ${unit} in ${duration(meter.seconds)}${mean}`
}

function amount({ done, total }: Meter, unit: string): string {
  return `${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${unit}`
}

function percent({ done, total }: Meter): number {
  return total > 0 ? Math.floor(Math.min(1, done / total) * 100) : 100
}

function pace(meter: Meter, note: string): string[] {
  const left = meter.secondsLeft
  return [
    ...(meter.perSecond > 0 ? [`${rate(meter.perSecond)}/s`] : []),
    ...(left === null ? [] : [`${duration(Math.round(left))} left`]),
    ...(note === '' ? [] : [note]),
  ]
}

function bar(meter: Meter, width: number): string {
  const filled = Math.round((percent(meter) / 100) * width)
  return '█'.repeat(filled) + '░'.repeat(width - filled)
}
