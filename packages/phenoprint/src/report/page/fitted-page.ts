import { UsageError } from '../../errors.js'
import { limitsAt, mostBytes, type PageLimits } from './limits.js'

/** Halvings before a page is given up. */
const mostHalvings = 6

/**
 * A page under {@link mostBytes}: as long as it is heavier, it is made again with half as much in it.
 *
 * @throws {UsageError} when the least that is told is too much.
 */
export async function fittedPage(make: (limits: PageLimits) => Promise<string>): Promise<string> {
  for (let halvings = 0; halvings <= mostHalvings; halvings++) {
    const page = await make(limitsAt(1 / 2 ** halvings))
    if (Buffer.byteLength(page) < mostBytes) return page
  }
  throw new UsageError(
    `report: the page would have more than ${mostBytes / 1e6} MB even with the fewest pictures. Name fewer runs.`,
  )
}
