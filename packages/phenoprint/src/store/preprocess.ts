import type { Config } from '../config/config.js'
import { requireSection } from '../config/require.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import type { Shard } from '../run/shard.js'
import { readScreen } from '../screen/read-screen.js'
import { makeStore } from './make-store.js'

/**
 * `phenoprint preprocess`: reads the screen that the configuration describes and stores its pixels as
 * OME-Zarr, one file a plate, with the statistics that every normalisation needs.
 *
 * @throws {ConfigError} when `screen` or `store` is missing.
 * @throws {ScreenError} when the tables do not describe a screen.
 * @throws as `makeStore` does.
 */
export async function preprocess(config: Config, reporter: Reporter): Promise<VerbResult> {
  return await makeFrom(config, reporter, null)
}

/**
 * The same for every so many plates; `preprocess` makes the store whole once all shards are there, and
 * any plate that none of them made.
 *
 * @throws as {@link preprocess}.
 */
export async function preprocessShard(
  config: Config,
  reporter: Reporter,
  shard: Shard,
): Promise<VerbResult> {
  return await makeFrom(config, reporter, shard)
}

async function makeFrom(
  config: Config,
  reporter: Reporter,
  shard: Shard | null,
): Promise<VerbResult> {
  const section = requireSection(config, 'screen', 'preprocess')
  const store = requireSection(config, 'store', 'preprocess')
  const { folder, onMissing } = section
  return makeStore(await readScreen(section), { folder, onMissing, store }, reporter, shard)
}
