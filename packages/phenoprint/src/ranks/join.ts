import { engine } from '@phenoprint/torch'
import type { Config } from '../config/config.js'
import { rankDevice } from './rank-device.js'
import { rankPlace } from './rank-place.js'
import { Ranks } from './ranks.js'

/**
 * Joins the ranks of this start, as the environment tells of them; a process by itself is alone.
 *
 * @throws {UsageError} when the environment contradicts itself.
 * @throws {TorchError} of kind `ranks` when the others do not come, of kind `engine` without Gloo.
 */
export async function joinRanks({
  training,
  device,
}: Pick<Config, 'training' | 'device'>): Promise<Ranks> {
  const place = rankPlace()
  if (place === null) return Ranks.alone
  const own = rankDevice(device, place, engine.devices())
  return await Ranks.join({ ...place, ...own }, training.ranks.timeoutMinutes * 60)
}
