import type { FieldChannel } from './field-image.js'

/** A channel as a person wants it shown. */
export interface ShownChannel extends FieldChannel {
  readonly visible: boolean
}

/** As many are shown at first. */
const atFirst = 6

/** As many the layers draw at once. */
export const mostVisible = 10

/**
 * Channels as the address has them: those that are shown with their limits, `0:12-180,2:0-90`. Without it the
 * first six are, as their field says.
 */
export function shownChannels(
  channels: readonly FieldChannel[],
  text: string | undefined,
): ShownChannel[] {
  if (text === undefined) {
    return channels.map((channel, c) => ({ ...channel, visible: c < atFirst }))
  }
  const chosen = new Map(
    text.split(',').flatMap((part) => {
      const [, c, low, high] = /^(\d+):(\d+)-(\d+)$/.exec(part) ?? []
      return c === undefined ? [] : [[Number(c), { low: Number(low), high: Number(high) }] as const]
    }),
  )
  return channels.map((channel, c) => ({
    ...channel,
    ...chosen.get(c),
    visible: chosen.has(c),
  }))
}

/** The same for the address. */
export function channelsText(channels: readonly ShownChannel[]): string {
  const parts = channels.flatMap(({ visible, low, high }, c) =>
    visible ? [`${c}:${Math.round(low)}-${Math.round(high)}`] : [],
  )
  return parts.length === 0 ? 'none' : parts.join(',')
}

/** `RRGGBB` as red, green and blue, 0 to 255. */
export function rgb(color: string): [number, number, number] {
  const value = Number.parseInt(color, 16)
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255]
}
