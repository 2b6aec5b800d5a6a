import type { Config, Section } from '../config/config.js'
import { ScreenError } from '../errors.js'
import { readScreen } from '../screen/read-screen.js'
import type { Screen } from '../screen/screen.js'
import type { Plan, Stage } from '../workflows/plan.js'
import { isSharded } from './job-graph.js'

/** Where nothing tells how many plates there will be. A task without a plate ends at once. */
const unknownCount = 8

/**
 * Into how many shards each stage of a plan falls: as many as the configuration says, else one a plate
 * (fine-tune: a cell type), as the screen's tables say.
 */
export async function shardCounts({ stages, cluster }: Plan): Promise<number[]> {
  const screens = new Map<string, Promise<Screen | null>>()
  const screenOf = (config: Config) => {
    const section = config.screen ?? screenOfStore(stages, config.store?.path)
    if (section === undefined) return Promise.resolve(null)
    const key = JSON.stringify(section)
    const screen = screens.get(key) ?? readIfThere(section)
    screens.set(key, screen)
    return screen
  }
  return await Promise.all(
    stages.map(async ({ verb, config }) => {
      if (!isSharded(verb)) return 1
      const wanted = cluster.stages[verb]?.tasks ?? cluster.tasks
      if (wanted !== undefined) return wanted
      const cellTypes = config.fineTune?.cellTypes
      if (verb === 'fine-tune' && Array.isArray(cellTypes)) return cellTypes.length
      const screen = await screenOf(config)
      if (screen === null) return unknownCount
      if (verb !== 'fine-tune') return Math.max(1, screen.plates.length)
      return Math.max(1, new Set(screen.plates.map((plate) => plate.cellType)).size)
    }),
  )
}

/** The screen from which a stage makes the store. */
function screenOfStore(
  stages: readonly Stage[],
  path: string | undefined,
): Section<'screen'> | undefined {
  const maker = stages.find(
    ({ verb, config }) => verb === 'preprocess' && config.store?.path === path,
  )
  return maker?.config.screen
}

/** Tables that an earlier stage has yet to make are not there when jobs are submitted. */
async function readIfThere(section: Section<'screen'>): Promise<Screen | null> {
  try {
    return await readScreen(section)
  } catch (error) {
    if (error instanceof ScreenError) return null
    throw error
  }
}
