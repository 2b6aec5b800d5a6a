import type { Pixels } from '@phenoprint/pixels'
import { ConfigError } from '../errors.js'
import { rxrx1Brightest, rxrx1Channels } from '../screen/rxrx1-format.js'
import type { Screen } from '../screen/screen.js'
import { brightestOf, colourOf, type Display } from './colour-picture.js'

/** How many pixels may be brighter than what is shown at full colour. */
const brighterShare = 0.001

/** @throws {ConfigError} when there is not one brightest value a channel. */
export function checkBrightest({ channels }: Screen, given: readonly number[] | undefined): void {
  if (given === undefined || given.length === channels.length) return
  throw new ConfigError(
    `explain.brightest: got ${given.length} values, expected one for each of the ${channels.length} channels (${channels.map(({ name }) => name).join(', ')}).`,
  )
}

/**
 * How the channels of a screen are shown: in its colours, with the given brightest values, or with
 * Recursion's own for the images of RxRx1, or as bright as a unit's images are.
 *
 * @param given One value a channel, from the configuration.
 * @param images Of the unit, `[channel, y, x]` each.
 */
export function displayOf(
  { channels, synthetic }: Screen,
  given: readonly number[] | undefined,
  images: readonly Pixels[],
): Display {
  const recursion =
    !synthetic &&
    channels.length === rxrx1Channels.length &&
    channels.every(({ name, color }, i) => {
      const own = rxrx1Channels[i]
      return own?.name === name && own.color === color
    })
  return {
    colours: channels.map(colourOf),
    brightest:
      given ?? (recursion ? rxrx1Brightest : brightestOf(images, channels.length, brighterShare)),
  }
}
