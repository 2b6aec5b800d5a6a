import type { Config } from '../config/config.js'
import { rankPlace } from './rank-place.js'
import { Ranks } from './ranks.js'

/**
 * Joins the ranks of this start, as the environment tells of them; a process by itself is alone.
 *
 * @throws {UsageError} when the environment contradicts itself.
 * @throws {TorchError} of kind `ranks` when the others do not come, of kind `engine` without Gloo.
 */
export async function joinRanks({ training }: Pick<Config, 'training'>): Promise<Ranks> {
  const place = rankPlace()
  return place === null ? Ranks.alone : await Ranks.join(place, training.ranks.timeoutMinutes * 60)
}
