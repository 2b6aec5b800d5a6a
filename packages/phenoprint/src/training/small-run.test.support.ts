import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Config, configSchema } from '../config/config.js'
import type { Screen } from '../screen/screen.js'
import { makeStore } from '../store/make-store.js'
import { order, recorder, smallScreen } from '../store/small-screen.test.support.js'

/** Test stores hold 2 cell types x (1 training + 1 validation plate) x 5 wells x 2 sites. */
export const trainingSites = 20

/**
 * A store of four plates of their own experiments: E1 and E3 are HeLa, E2 and E4 U2OS; with the
 * split of {@link smallConfig}, E1 and E2 train, E3 and E4 validate.
 */
export async function smallStore(): Promise<string> {
  const made = smallScreen({
    height: 32,
    width: 32,
    plates: ['1', '2', '3', '4'],
    wells: ['B02', 'B03', 'B04', 'B05', 'B06'],
  })
  const screen: Screen = {
    ...made.screen,
    plates: made.screen.plates.map((plate, i) => ({
      ...plate,
      experiment: `E${i + 1}`,
      cellType: i % 2 === 0 ? 'HeLa' : 'U2OS',
    })),
  }
  const wanted = order(made, { tile: [32, 32] })
  await makeStore(screen, wanted, recorder())
  return wanted.store.path
}

/** The training section, with what the tests need. */
interface SmallTraining {
  readonly [key: string]: unknown
}

/** Five steps an epoch on one thread; tests run side by side. */
export function smallConfig(
  store: string,
  output: string,
  training: SmallTraining = {},
  rest: Readonly<Record<string, unknown>> = {},
): Config {
  return configSchema.parse({
    seed: 3,
    output,
    store: { path: store, tile: [32, 32] },
    split: { validation: { HeLa: ['E3'], U2OS: ['E4'] } },
    training: { epochs: 2, batchSize: 4, threads: 1, ...training },
    ...rest,
  })
}

/** The events of a run, without what differs from one machine and moment to the next. */
export function eventsOf(run: string): Record<string, unknown>[] {
  const lines = readFileSync(join(run, 'events.jsonl'), 'utf8').trim().split('\n')
  return lines.map((line) => {
    const { time, seconds, imagesPerSecond, memory, ...event } = JSON.parse(line)
    return event
  })
}

/** The bytes of a file of a run. */
export function bytesIn(run: string, ...names: string[]): Buffer {
  return readFileSync(join(run, ...names))
}
